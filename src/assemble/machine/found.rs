//! Results as `report.json` has them, their arrays in files.

use super::arrays::{Beside, Numbers};
use super::data_sets;
use super::of::{Of, explained, layer};
use crate::present::View;
use crate::report::machine::{self, Found, finite};
use crate::results::{
    Attributions, ClassTarget, Ending, Meaning, Objective, Optimised, Place, Predictions, Results,
    SegmentWeight, Stage, Superpixels, Target, Volume,
};

impl Of<'_> {
    /// What was found; outcomes of all ranges stand together elsewhere.
    pub fn found(&self, results: &Results, beside: &mut Beside) -> Option<Found> {
        match results {
            Results::Attributions(found) => Some(self.attributions(found, beside)),
            Results::Superpixels(found) => Some(self.superpixels(found, beside)),
            Results::Predictions(found) => Some(self.predictions(found, beside)),
            Results::Optimised(found) => Some(self.optimised(found, beside)),
            Results::Outcomes(_) => None,
            Results::Responses(found) => Some(self.responses(found, beside)),
            Results::PhotoFacts(found) => Some(data_sets::photo_facts(found)),
            Results::Variations(found) => Some(data_sets::variations(found)),
            Results::Labels(found) => Some(data_sets::labels(found)),
            Results::Factors(found) => Some(self.factors(found, beside)),
            Results::Concepts(found) => Some(self.concepts(found, beside)),
        }
    }

    fn attributions(&self, found: &Attributions, beside: &mut Beside) -> Found {
        Found::Attributions {
            target: self.target(&found.target),
            place: match found.place {
                Place::Input => machine::Place::Input,
                Place::Layer => machine::Place::Layer,
            },
            meaning: match found.meaning {
                Meaning::Sensitivity => machine::Meaning::Sensitivity,
                Meaning::Contribution => machine::Meaning::Contribution,
                Meaning::Evidence => machine::Meaning::Evidence,
                Meaning::Activation => machine::Meaning::Activation,
                Meaning::Attention => machine::Meaning::Attention,
            },
            map: self.volume(&found.values, beside),
            sums_to: found.sums_to.and_then(finite),
            sampling: found.sampling.as_ref().map(|sampling| machine::Sampling {
                samples: sampling.samples,
                standard_errors: sampling.standard_errors.as_ref().map(|errors| {
                    let [figure, unit] = self.names;
                    let values = &found.values;
                    let shape = [values.channels, values.height, values.width];
                    let names = [figure, unit, "standard-errors"];
                    beside.array(&names, &shape, Numbers::Float32(errors))
                }),
                error_share: found.error_share().and_then(finite),
                settling: sampling.settling.map(|settling| machine::Settling {
                    is_settled: settling.is_settled,
                    most_samples: settling.most_samples,
                    tolerance: settling.tolerance,
                }),
            }),
        }
    }

    fn superpixels(&self, found: &Superpixels, beside: &mut Beside) -> Found {
        let [figure, unit] = self.names;
        let shape = [found.height, found.width];
        let labels = Numbers::Uint32(&found.labels);
        let all = |numbers: &Vec<f64>| numbers.iter().copied().map(finite).collect();
        Found::Superpixels {
            target: self.explained(&found.target),
            segments: beside.array(&[figure, unit, "segments"], &shape, labels),
            weight: match found.weight {
                SegmentWeight::Linear => machine::SegmentWeight::Linear,
                SegmentWeight::Shapley => machine::SegmentWeight::Shapley,
            },
            explained: explained(found.explained()),
            weights: all(&found.weights),
            standard_errors: found.standard_errors.as_ref().map(all),
            intercept: finite(found.intercept),
            samples: found.fit.samples,
            is_exhaustive: found.fit.is_exhaustive,
            r_squared: found.fit.r_squared.and_then(finite),
            r_squared_held_out: found.fit.r_squared_held_out.and_then(finite),
            local_prediction: finite(found.fit.local_prediction),
            stopping: found.stopping.as_ref().map(|stopping| machine::Stopping {
                is_settled: stopping.is_settled,
                leading: stopping.leading,
                most_samples: stopping.most_samples,
                tolerance: stopping.tolerance,
                open: stopping.open.clone(),
            }),
        }
    }

    fn predictions(&self, found: &Predictions, beside: &mut Beside) -> Found {
        let [figure, unit] = self.names;
        let (scores, probabilities) = (&found.scores, &found.probabilities);
        let top = match self.view {
            View::Predictions(view) => view.top.unwrap_or(probabilities.len()),
            _ => probabilities.len(),
        };
        let leading = found.most_probable(top).into_iter().map(|class| {
            let score = scores.get(class).copied().map_or(f64::NAN, f64::from);
            let probability = probabilities[class];
            self.class(&ClassTarget {
                class,
                score,
                probability,
            })
        });
        let leading = leading.collect();
        Found::Predictions {
            scores: beside.array(
                &[figure, unit, "scores"],
                &[scores.len()],
                Numbers::Float32(scores),
            ),
            probabilities: beside.array(
                &[figure, unit, "probabilities"],
                &[probabilities.len()],
                Numbers::Float64(probabilities),
            ),
            leading,
        }
    }

    fn optimised(&self, found: &Optimised, beside: &mut Beside) -> Found {
        let curves = found.curves.iter().map(|curve| machine::Curve {
            octave: curve.octave.map(stage),
            objectives: curve.objectives.iter().copied().map(finite).collect(),
        });
        Found::Optimised {
            target: self.target(&found.target),
            objective: match found.objective {
                Objective::Mean => machine::Objective::Mean,
                Objective::HalfMeanSquare => machine::Objective::HalfMeanSquare,
                Objective::RelativeDistance => machine::Objective::RelativeDistance,
                Objective::Neuron => machine::Objective::Neuron,
                Objective::Direction => machine::Objective::Direction,
                Objective::Class => machine::Objective::Class,
                Objective::Sum => machine::Objective::Sum,
                Objective::Guided => machine::Objective::Guided,
            },
            is_pre_activation: found.is_pre_activation,
            ending: match found.ending {
                Ending::Complete => machine::Ending::Complete,
                Ending::NoGradient => machine::Ending::NoGradient,
                Ending::GradientLost { step } => machine::Ending::GradientLost { step },
                Ending::Diverged { step } => machine::Ending::Diverged { step },
            },
            curves: curves.collect(),
            frames: found
                .frames
                .iter()
                .map(|frame| stage(frame.stage))
                .collect(),
            last: found.last.as_ref().map(|last| self.volume(last, beside)),
        }
    }

    fn volume(&self, volume: &Volume, beside: &mut Beside) -> machine::Array {
        let shape = [volume.channels, volume.height, volume.width];
        beside.array(&self.names, &shape, Numbers::Float32(&volume.values))
    }

    fn target(&self, target: &Target) -> machine::Target {
        match target {
            Target::Class(target) => self.explained(target),
            Target::Filter { layer: of, filter } => machine::Target::Filter {
                layer: layer(of),
                filter: *filter,
            },
            Target::Head { layer: of, head } => machine::Target::Head {
                layer: layer(of),
                head: *head,
            },
            Target::Layer { layer: of } => machine::Target::Layer { layer: layer(of) },
            Target::Neuron {
                layer: of,
                filter,
                at,
            } => machine::Target::Neuron {
                layer: layer(of),
                filter: *filter,
                at: *at,
            },
            Target::Direction { layer: of, weights } => machine::Target::Direction {
                layer: layer(of),
                weights: weights.clone(),
            },
            Target::Sum { terms } => machine::Target::Sum {
                terms: terms
                    .iter()
                    .map(|(weight, term)| machine::Term {
                        weight: *weight,
                        target: self.target(term),
                    })
                    .collect(),
            },
        }
    }
}

fn stage(stage: Stage) -> machine::Stage {
    match stage {
        Stage::Step(step) => machine::Stage::Step { step },
        Stage::Octave {
            number,
            width,
            height,
        } => machine::Stage::Octave {
            octave: number,
            width,
            height,
        },
        Stage::Variant { number, similarity } => machine::Stage::Variant {
            variant: number,
            similarity: finite(similarity),
        },
        Stage::Opacity => machine::Stage::Opacity,
        Stage::Zoomed { number } => machine::Stage::Zoomed { picture: number },
    }
}
