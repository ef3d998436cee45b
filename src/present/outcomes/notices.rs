//! What should make a reader careful with the rates.

use super::{Evaluated, NAMES_LISTED};
use crate::present::Data;
use crate::words::Message;

/// With fewer photos a rate is coarse: one photo more or less moves it by a tenth or more.
const FEW_PHOTOS: usize = 10;

impl Evaluated<'_> {
    pub(super) fn notices(&self, unreadable: &[String]) -> Vec<Message> {
        let rates = |group: &usize| &self.rates.classes[*group];
        let all = 0..self.data.groups.len();
        let mut notices = Vec::new();
        let missing: Vec<usize> = all
            .clone()
            .filter(|group| {
                self.data.classes_in.get(*group) == Some(&0) && rates(group).support > 0
            })
            .collect();
        for group in missing {
            notices.push(
                Message::new("outcomes.notice_not_in_model")
                    .with("group", self.name(group))
                    .with("count", rates(&group).support),
            );
        }
        let without: Vec<usize> = all
            .clone()
            .filter(|group| rates(group).support == 0)
            .collect();
        notices.extend(self.listed(
            &without,
            "outcomes.notice_without_photos",
            "outcomes.notice_many_without_photos",
        ));
        if let Some(confused) = &self.confused {
            notices.push(
                Message::new("outcomes.notice_confused")
                    .with("shown", confused.len())
                    .with("occurring", self.shown.len()),
            );
        }
        let left_out = all.len() - self.shown.len();
        if left_out > 0 {
            notices.push(Message::new("outcomes.notice_left_out").with("count", left_out));
        }
        let few: Vec<usize> = all
            .filter(|group| (1..FEW_PHOTOS).contains(&rates(group).support))
            .collect();
        let few = self.listed(
            &few,
            "outcomes.notice_few_photos",
            "outcomes.notice_many_few_photos",
        );
        notices.extend(few.map(|few| few.with("few", FEW_PHOTOS)));
        let other = rates(&self.other()).predicted;
        if other > 0 {
            notices.push(Message::new("outcomes.notice_other").with("count", other));
        }
        let occurs = self
            .rates
            .classes
            .iter()
            .filter(|class| class.support + class.predicted > 0);
        if occurs
            .clone()
            .any(|class| class.precision.is_none() || class.recall.is_none())
        {
            notices.push(Message::new("outcomes.notice_undefined"));
        }
        notices.extend(of_data(self.data, unreadable));
        notices
    }

    /// `by_name` with the names, or `by_count` where they are too many to be read; none for no group.
    fn listed(
        &self,
        groups: &[usize],
        by_name: &'static str,
        by_count: &'static str,
    ) -> Option<Message> {
        match groups.len() {
            0 => None,
            1..=NAMES_LISTED => Some(Message::new(by_name).with("groups", self.names(groups))),
            count => Some(Message::new(by_count).with("count", count)),
        }
    }
}

/// What the reader must know of the data set itself.
pub fn of_data(data: &Data, unreadable: &[String]) -> Vec<Message> {
    let mut notices = Vec::new();
    if data.arrays > 0 {
        let arrays = data.arrays;
        notices.push(Message::new("outcomes.notice_arrays").with("count", arrays));
    }
    let unread: usize = data.unread_formats.iter().map(|(_, count)| count).sum();
    if unread > 0 {
        let kinds = data.unread_formats.iter();
        let kinds: Vec<_> = kinds
            .map(|(kind, count)| format!("{count} × {kind}"))
            .collect();
        notices.push(
            Message::new("outcomes.notice_unread_formats")
                .with("count", unread)
                .with("kinds", kinds.join(", ")),
        );
    }
    if data.skipped > unread {
        let skipped = data.skipped - unread;
        notices.push(Message::new("outcomes.notice_skipped").with("count", skipped));
    }
    if let [_, _, two, .., _] = data.classes_in_text_order {
        let last = data.classes_in_text_order.len() - 1;
        notices.push(
            Message::new("outcomes.notice_label_order")
                .with("last", last.to_string())
                .with("class", two.to_string()),
        );
    }
    if !unreadable.is_empty() {
        let named = unreadable.iter().take(NAMES_LISTED);
        let named = named.map(Message::literal);
        notices.push(
            Message::new("outcomes.notice_unreadable")
                .with("count", unreadable.len())
                .with("photos", named.collect::<Vec<_>>()),
        );
    }
    notices
}
