//! How the number that a map explains is named: a class, or what is made of several.

use serde_json::Value;

use super::Task;
use crate::results::{Explained, Scalar, ScalarTarget};
use crate::words::{Argument, Message};

/// How the spec writes the class that the network predicts.
const PREDICTED: &str = "predicted";
/// Of a sum so many classes are named.
const NAMED: usize = 3;

impl Task<'_> {
    /// `cat`, `cat − dog`, `cat + lynx + 5 more`.
    pub(super) fn explained(&self, target: &ScalarTarget) -> Message {
        let Scalar { plus, minus, .. } = &target.scalar;
        let names = |classes: &[usize]| {
            let names = classes.iter().take(NAMED).map(|class| self.class(*class));
            names.collect::<Vec<_>>().join(" + ")
        };
        match (plus.len() > NAMED, minus.is_empty()) {
            (true, _) => Message::new("targets.more")
                .with("first", names(plus))
                .with("count", plus.len() - NAMED),
            (false, true) => Message::literal(names(plus)),
            (false, false) => Message::literal(format!("{} − {}", names(plus), names(minus))),
        }
    }

    /// Both, `cat − dog (score 3.21)`.
    pub fn explained_and_said(&self, target: &ScalarTarget) -> Message {
        Message::new("summary_target")
            .with("target", self.explained(target))
            .with("said", self.said(target))
    }

    /// What the network says: of one class its probability, of several the number that is explained.
    pub(super) fn said(&self, target: &ScalarTarget) -> Argument {
        let key = match (target.scalar.class(), target.scalar.of) {
            (Some(_), _) => return Argument::Percent(target.probability, 1),
            (None, Explained::Score) => "targets.said_score",
            (None, Explained::Probability) => "targets.said_probability",
        };
        Argument::Message(Message::new(key).with("value", amount(target)))
    }

    /// The caption, and what is explained in place of the number of one class where the spec asks for such.
    pub(super) fn captioned(&self, caption: Message, first: Option<&ScalarTarget>) -> Message {
        let asked = self.parameters.get("class").and_then(Value::as_object);
        match (asked, first) {
            (Some(asked), Some(target)) => Message::new("targets.caption")
                .with("caption", caption)
                .with("target", self.in_words_of(asked, target)),
            _ => caption,
        }
    }

    /// The caption of checks, and what takes the place of the class's number in them where several classes are explained.
    pub(super) fn judged(&self, caption: Message) -> Message {
        let asked = self.parameters.get("class").and_then(Value::as_object);
        let first = self.found.iter().find_map(|one| one.results.explained());
        match (asked, first) {
            (Some(asked), Some(target)) if target.scalar.class().is_none() => {
                Message::new("targets.judged")
                    .with("caption", caption)
                    .with("target", self.in_words_of(asked, target))
            }
            _ => caption,
        }
    }

    /// `the score of cat less that of dog`; a class that differs from photo to photo as `the predicted class`.
    fn in_words_of(
        &self,
        asked: &serde_json::Map<String, Value>,
        target: &ScalarTarget,
    ) -> Message {
        let named = |written: Option<&Value>, class: Option<&usize>| match (
            written.and_then(Value::as_str),
            class,
        ) {
            (Some(PREDICTED), _) | (_, None) => Message::new("targets.predicted"),
            (_, Some(class)) => Message::literal(self.class(*class)),
        };
        let Scalar { plus, minus, of } = &target.scalar;
        let key = |kind: &str| Message::new(format!("targets.{kind}_{}", of.name()));
        let two = asked.get("difference").and_then(Value::as_array);
        match (two, asked.get("sum")) {
            (Some(two), _) => key("difference")
                .with("first", named(two.first(), plus.first()))
                .with("second", named(two.get(1), minus.first())),
            (None, Some(_)) => {
                let all = plus
                    .iter()
                    .map(|class| Message::literal(self.class(*class)));
                key("sum").with("classes", all.collect::<Vec<_>>())
            }
            (None, None) => key("class").with("class", named(asked.get("class"), plus.first())),
        }
    }

    /// The method's own text `quantity`, of the number that its maps explain.
    pub(super) fn quantity(&self, of: Option<&ScalarTarget>) -> Message {
        let key = match of.map(|target| target.scalar.of) {
            Some(Explained::Probability) => "targets.probability",
            Some(Explained::Score) | None => "targets.score",
        };
        self.own_text("quantity", &[])
            .saying("number", Message::new(key))
    }
}

/// The number that is explained.
pub(super) fn amount(target: &ScalarTarget) -> Argument {
    match target.scalar.of {
        Explained::Score => Argument::Number(target.score, 2),
        Explained::Probability => Argument::Percent(target.probability, 1),
    }
}
