//! A network that shows no layers: what needs them is left out with a notice, everything else runs.

use cnn_report::explain::Needs;
use cnn_report::{OnFailure, Request, StoreAt, build_report};

use super::cases::{Project, TRACED};

#[test]
fn a_network_that_shows_no_layers_is_explained_by_the_methods_that_need_none() {
    let ran = Project::new(&TRACED).run();
    for task in &ran.plan.tasks {
        let needs = task.method.needs();
        assert_eq!(
            ran.plan.leaves_out(task),
            needs == Needs::Layers,
            "{}",
            task.name
        );
        if needs == Needs::Layers {
            assert_eq!(task.units, [], "{}", task.name);
            // Whoever asks all the same is refused, not failed.
            let faults = task.method.check(&ran.plan.inputs(task));
            assert!(!faults.is_empty(), "{}", task.name);
        }
    }
}

#[test]
fn each_figure_that_is_left_out_has_its_notice_and_warning() {
    let project = Project::new(&TRACED);
    let (plan, _) = project.plan();
    let left_out = plan.tasks.iter().filter(|task| plan.leaves_out(task));
    let left_out: Vec<&str> = left_out.map(|task| task.entry.name).collect();
    assert!(!left_out.is_empty());
    let request = Request {
        spec: project.path(),
        overrides: Default::default(),
        on_failure: OnFailure::Stop,
        store: StoreAt::Nowhere,
        reuse: Default::default(),
    };
    let built = build_report(&request, &cnn_report::progress::Silent).unwrap();
    for method in cnn_report::methods() {
        let expected = left_out.iter().filter(|name| **name == method.name).count();
        let said = format!("`{}` is left out", method.name);
        let warned = built
            .warnings
            .iter()
            .filter(|warning| warning.message.contains(&said));
        assert_eq!(warned.count(), expected, "{}", method.name);
    }
    for page in &built.pages {
        let page = std::fs::read_to_string(page).unwrap();
        let notices = page.matches("is left out: it needs the layers").count();
        assert_eq!(notices, left_out.len());
    }
}
