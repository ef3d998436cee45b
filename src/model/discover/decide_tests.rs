//! Tests of `decide`.

use super::*;

const PROBABILITIES: Probed = Probed {
    tried: true,
    sum_to_one: true,
    within_zero_and_one: true,
    not_outside_zero_and_one: true,
    exponentials_sum_to_one: false,
    never_above_zero: false,
};
const INDEPENDENT: Probed = Probed {
    sum_to_one: false,
    ..PROBABILITIES
};
const SCORES: Probed = Probed {
    within_zero_and_one: false,
    not_outside_zero_and_one: false,
    ..INDEPENDENT
};
const LOGARITHMS: Probed = Probed {
    exponentials_sum_to_one: true,
    ..SCORES
};

fn of(numbers: usize, closing: Option<Closing>, probed: Probed) -> Evidence {
    Evidence {
        numbers,
        closing,
        is_unbounded: false,
        probed,
    }
}

#[test]
fn without_a_closing_operator_the_numbers_tell() {
    use {OutputActivation as By, ScoresAre as Are, ScoresTaken as Taken};
    let unseen = Some(Doubt::ClosingNotSeen);
    for (numbers, probed, given, taken, activation, doubt) in [
        (3, SCORES, Are::Scores, Taken::AsGiven, By::Softmax, None),
        (
            1,
            SCORES,
            Are::Scores,
            Taken::AsGiven,
            By::SigmoidOfOne,
            None,
        ),
        (
            3,
            PROBABILITIES,
            Are::Probabilities,
            Taken::Logarithms,
            By::Softmax,
            unseen,
        ),
        (
            3,
            INDEPENDENT,
            Are::IndependentProbabilities,
            Taken::Logits,
            By::Sigmoid,
            unseen,
        ),
        (
            1,
            INDEPENDENT,
            Are::OneProbability,
            Taken::Logits,
            By::SigmoidOfOne,
            unseen,
        ),
        (
            3,
            LOGARITHMS,
            Are::LogProbabilities,
            Taken::AsGiven,
            By::Softmax,
            None,
        ),
    ] {
        let expected = ScoreFacts {
            given,
            taken,
            activation,
            doubt,
        };
        assert_eq!(decide(&of(numbers, None, probed), None), expected);
    }
    // The last layer has weights: that its numbers lie between 0 and 1 is chance.
    let linear = Evidence {
        is_unbounded: true,
        ..of(3, None, INDEPENDENT)
    };
    assert_eq!(decide(&linear, None).given, Are::Scores);
    // Two numbers stay two classes.
    let two = decide(&of(2, None, SCORES), None);
    assert_eq!(two.activation, By::Softmax);
}

/// Distances below 0 are scores as well, so that only the user can say.
#[test]
fn logarithms_of_independent_probabilities_are_asked_about() {
    let below = Probed {
        never_above_zero: true,
        ..SCORES
    };
    let found = decide(&of(3, None, below), None);
    assert_eq!(
        (found.activation, found.doubt),
        (OutputActivation::Softmax, Some(Doubt::NeverAboveZero))
    );
    let said = |stated| decide(&of(3, None, below), Some(stated));
    let log = said(StatedScores::Log);
    assert_eq!(log.given, ScoresAre::IndependentLogProbabilities);
    assert_eq!(log.taken, ScoresTaken::LogitsOfLogarithms);
    assert_eq!(
        (log.activation, log.doubt),
        (OutputActivation::Sigmoid, None)
    );
    assert_eq!(said(StatedScores::Softmax).doubt, None);
    let linear = Evidence {
        is_unbounded: true,
        ..of(3, None, below)
    };
    assert_eq!(decide(&linear, None).doubt, None);
    let seen = decide(&of(3, Some(Closing::LogSigmoid), below), None);
    assert_eq!(seen.given, ScoresAre::IndependentLogProbabilities);
    assert_eq!(
        (seen.activation, seen.doubt),
        (OutputActivation::Sigmoid, None)
    );
    let one = decide(&of(1, Some(Closing::LogSigmoid), below), None);
    assert_eq!(one.activation, OutputActivation::SigmoidOfOne);
}

#[test]
fn a_closing_operator_and_the_numbers_must_agree() {
    let seen = |closing, probed| decide(&of(3, Some(closing), probed), None);
    let right = [
        (Closing::Softmax, PROBABILITIES, ScoresAre::Probabilities),
        (Closing::LogSoftmax, LOGARITHMS, ScoresAre::LogProbabilities),
        (
            Closing::Sigmoid,
            INDEPENDENT,
            ScoresAre::IndependentProbabilities,
        ),
    ];
    for (closing, probed, given) in right {
        let found = seen(closing, probed);
        assert_eq!((found.given, found.doubt), (given, None));
        assert_eq!(found.taken, ScoresTaken::BeforeClosing);
        let doubted = seen(closing, SCORES);
        assert_eq!(doubted.doubt, Some(Doubt::ProbeDisagrees));
        assert_eq!(
            seen(closing, Probed::default()).doubt,
            None,
            "nothing was tried"
        );
    }
    // Softmax over one number is 1, whatever the number.
    let one = decide(&of(1, Some(Closing::Softmax), SCORES), None);
    assert_eq!(one.activation, OutputActivation::SigmoidOfOne);
    assert_eq!(one.doubt, Some(Doubt::ProbeDisagrees));
}

#[test]
fn what_is_stated_holds_where_it_can() {
    let stated = |evidence: Evidence, stated| {
        let scores = decide(&evidence, Some(stated));
        (scores.taken, scores.activation, scores.doubt)
    };
    use {OutputActivation as By, ScoresTaken as Taken, StatedScores as Say};
    // Scores of independent labels cannot be told from others.
    let plain = of(3, None, SCORES);
    assert_eq!(
        stated(plain, Say::Sigmoid),
        (Taken::AsGiven, By::Sigmoid, None)
    );
    assert_eq!(
        stated(plain, Say::Softmax),
        (Taken::AsGiven, By::Softmax, None)
    );
    let impossible = |say| Some(Doubt::StatedImpossible(say));
    for say in [Say::Probabilities, Say::Log] {
        let found = stated(plain, say);
        assert_eq!(found, (Taken::AsGiven, By::Softmax, impossible(say)));
    }
    // A closing sigmoid under which one label is right: the scores before it, and softmax of them.
    let sigmoid = of(3, Some(Closing::Sigmoid), INDEPENDENT);
    let otherwise = Some(Doubt::StatedOtherwise(Say::Softmax));
    let found = stated(sigmoid, Say::Softmax);
    assert_eq!(found, (Taken::BeforeClosing, By::Softmax, otherwise));
    // A range from 0 to 1 that is no sigmoid's.
    let small = of(3, None, INDEPENDENT);
    assert_eq!(
        stated(small, Say::Softmax),
        (Taken::AsGiven, By::Softmax, otherwise)
    );
    let found = stated(small, Say::Probabilities).1;
    assert_eq!(found, By::Sigmoid);
    let one = of(1, None, SCORES);
    let found = stated(one, Say::Softmax);
    assert_eq!(
        found,
        (Taken::AsGiven, By::SigmoidOfOne, impossible(Say::Softmax))
    );
}
