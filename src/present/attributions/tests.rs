use super::scale::Scales;
use super::*;
use crate::results::{Explained, Place, Scalar, ScalarTarget, Volume};

fn attributions(meaning: Meaning, channels: usize, values: &[f32]) -> Attributions {
    Attributions {
        target: Target::Class(ScalarTarget {
            scalar: Scalar::of_class(0, Explained::Score),
            score: 1.0,
            probability: 0.5,
        }),
        place: Place::Input,
        meaning,
        values: Volume {
            channels,
            height: 1,
            width: values.len() / channels,
            values: values.to_vec(),
        },
        sums_to: None,
        sampling: None,
    }
}

#[test]
fn sensitivities_are_reduced_by_size_and_contributions_summed() {
    let values = [1.0, -4.0, -3.0, 2.0];
    let reduced =
        |meaning, reduction| one_channel(&attributions(meaning, 2, &values), reduction).values;
    assert_eq!(reduced(Meaning::Sensitivity, Reduction::Max), [3.0, 4.0]);
    assert_eq!(reduced(Meaning::Sensitivity, Reduction::Sum), [4.0, 6.0]);
    assert_eq!(reduced(Meaning::Sensitivity, Reduction::Mean), [2.0, 3.0]);
    assert_eq!(reduced(Meaning::Contribution, Reduction::Max), [-2.0, -2.0]);
}

fn ends(view: &View, maps: &[&[f32]]) -> (Sign, Vec<f32>) {
    let all: Vec<Attributions> = maps
        .iter()
        .map(|values| attributions(Meaning::Activation, 1, values))
        .collect();
    let results: Vec<Results> = all.iter().cloned().map(Results::Attributions).collect();
    let found: Vec<Found> = results
        .iter()
        .map(|results| Found {
            photo: Some(0),
            results,
        })
        .collect();
    let shaded: Vec<Shaded> = found
        .iter()
        .zip(&all)
        .map(|(found, attributions)| Shaded {
            found,
            attributions,
            map: one_channel(attributions, view.reduction),
        })
        .collect();
    let scales = Scales::new(view, sign(&shaded), &shaded);
    (scales.sign, scales.ends)
}

#[test]
fn one_scale_for_all_maps_or_each_its_own() {
    let shared = View {
        percentile: 100.0,
        scale: Scale::Shared,
        ..View::default()
    };
    let positive: [&[f32]; 2] = [&[0.0, 2.0], &[5.0, 1.0]];
    assert_eq!(ends(&shared, &positive), (Sign::Unsigned, vec![5.0, 5.0]));
    let mixed: [&[f32]; 2] = [&[0.0, 2.0], &[-5.0, 1.0]];
    assert_eq!(ends(&shared, &mixed), (Sign::Signed, vec![5.0, 5.0]));
    assert_eq!(ends(&shared, &[&[0.0, 0.0]]), (Sign::Unsigned, vec![0.0]));
    let own = View {
        percentile: 100.0,
        ..View::default()
    };
    assert_eq!(ends(&own, &positive), (Sign::Unsigned, vec![2.0, 5.0]));
}

/// One large cell of twelve: a 50 % percentile of zero must not make a scale of zero length.
#[test]
fn a_sparse_map_is_shown_up_to_its_largest_value() {
    let mut values = [0.0; 12];
    values[6] = 2.0;
    let view = View {
        percentile: 50.0,
        ..View::default()
    };
    assert_eq!(ends(&view, &[&values]), (Sign::Unsigned, vec![2.0]));
}

/// Evidence is shown from zero up, and kept as it was found.
#[test]
fn evidence_against_a_class_is_not_drawn_and_stays_in_the_result() {
    let found = attributions(Meaning::Evidence, 1, &[-2.0, 3.0]);
    assert_eq!(shown(&found, Reduction::Max).values, [0.0, 3.0]);
    assert_eq!(one_channel(&found, Reduction::Max).values, [-2.0, 3.0]);
    let contribution = attributions(Meaning::Contribution, 1, &[-2.0, 3.0]);
    assert_eq!(shown(&contribution, Reduction::Max).values, [-2.0, 3.0]);
}
