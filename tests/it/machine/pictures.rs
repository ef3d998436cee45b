//! Pictures of heat maps, made again from the arrays beside `report.json`.

use std::path::Path;

use cnn_report::assemble;
use cnn_report::figure::palette::Palette;
use cnn_report::figure::{self, Drawing, Media, Words};
use cnn_report::present;
use cnn_report::results::Results;

use super::{Built, Npy, array, built, executed, figure as figure_of};

/// The pictures of an exhibit in the order of its tiles, by the names that Markdown gives them.
fn tiles_of(output: &Path, anchor: &str) -> Vec<Vec<u8>> {
    let page = std::fs::read_to_string(output.join("report.md")).unwrap();
    let named = |number: usize| {
        let start = format!("report_files/{anchor}-{number}.");
        let at = page.find(&start)?;
        let (path, _) = page[at..].split_once(')')?;
        Some(std::fs::read(output.join(path)).unwrap())
    };
    (1..).map_while(named).collect()
}

/// One number a pixel, as the keys of the view say.
fn reduced(map: &Npy, reduction: Option<&str>) -> Vec<f64> {
    let [channels, height, width] = map.shape[..] else {
        panic!("channels, height, width expected")
    };
    let cell = |at: usize| (0..channels).map(move |channel| channel * height * width + at);
    let all = 0..height * width;
    match reduction {
        None => all
            .map(|at| cell(at).map(|at| map.values[at]).sum())
            .collect(),
        Some("max") => all
            .map(|at| cell(at).map(|at| map.values[at].abs()).fold(0.0, f64::max))
            .collect(),
        Some("sum") => all
            .map(|at| {
                let sizes = cell(at).map(|at| map.values[at].abs() as f32);
                f64::from(sizes.fold(0.0, |sum, size| sum + size))
            })
            .collect(),
        Some(other) => panic!("the test knows no {other}"),
    }
}

/// numpy.percentile of the sizes.
fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sizes: Vec<f64> = values.iter().map(|value| value.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let rank = (sizes.len() - 1) as f64 * percent / 100.0;
    let below = rank.floor() as usize;
    let above = (below + 1).min(sizes.len() - 1);
    sizes[below] + (sizes[above] - sizes[below]) * rank.fract()
}

/// Each plain map as pixels, coloured by these lines from the arrays and the keys of the view alone.
#[test]
fn every_map_can_be_coloured_again_from_its_array() {
    let Built { output, json, .. } = built();
    // Tiles that are maps by themselves: beside a photo and below an overlay, or behind the row of photos.
    for (name, maps_at) in [
        ("saliency", vec![1, 4]),
        ("clipped", vec![1]),
        ("activation_maps", vec![2, 3, 4, 5]),
    ] {
        let figure = figure_of(json, name);
        let view = &figure["parameters"]["view"];
        let percent = view["percentile"].as_f64().unwrap();
        let gamma = view["gamma"].as_f64().unwrap() as f32;
        let units = figure["units"].as_array().unwrap();
        let maps: Vec<Vec<f64>> = units
            .iter()
            .map(|unit| {
                reduced(
                    &array(output, &unit["found"]["map"]),
                    view["reduction"].as_str(),
                )
            })
            .collect();
        let shared = percentile(&maps.concat(), percent);
        let is_signed = maps.iter().flatten().any(|value| *value < 0.0);
        let anchor = figure["exhibits"][0]["anchor"].as_str().unwrap();
        let tiles = tiles_of(output, anchor);
        assert_eq!(maps.len(), maps_at.len(), "{name}");
        // Filters stand in rows and photos in columns, in whichever order the units are.
        for (index, (map, unit)) in maps.iter().zip(units).enumerate() {
            let end = match view["scale"].as_str().unwrap() {
                "shared" => shared,
                _ => percentile(map, percent),
            } as f32;
            let index = match unit["found"]["target"]["filter"].as_u64() {
                Some(filter) => {
                    let row = [0, 5].iter().position(|&known| known == filter).unwrap();
                    let photo = ["golden", "coffee"];
                    let column = photo.iter().position(|id| unit["photo"] == *id).unwrap();
                    row * 2 + column
                }
                None => index,
            };
            let picture = image::load_from_memory(&tiles[maps_at[index]])
                .unwrap()
                .to_rgb8();
            let side = (map.len() as f64).sqrt() as u32; // maps here are square
            let factor = picture.width() / side;
            assert_eq!(factor * side, picture.width(), "{name}");
            for (at, value) in map.iter().enumerate() {
                let share = (*value as f32).clamp(-end, end) / end;
                let share = share.signum() * share.abs().powf(gamma);
                let colour = match is_signed {
                    true => Palette::Diverging.colour(((0.5 + 0.5 * share) * 255.0).round() as u8),
                    false => Palette::Inferno.colour((share * 255.0).round() as u8),
                };
                let (x, y) = (at as u32 % side, at as u32 / side);
                let pixel = picture.get_pixel(x * factor + factor / 2, y * factor + factor / 2);
                assert_eq!(pixel.0, colour, "{name}, map {index}, cell {x}, {y}");
            }
        }
    }
}

/// Photos, maps and overlays: the product's own drawing of what the arrays hold gives the files, byte for byte.
#[test]
fn every_heat_map_is_drawn_from_the_arrays() {
    let built = built();
    let Built { output, json, .. } = built;
    let (plan, executed) = executed(built);
    let message = |message: &cnn_report::words::Message| plan.strings.text(message);
    let argument = |argument: &cnn_report::words::Argument| plan.strings.argument(argument);
    let words = Words {
        message: &message,
        argument: &argument,
    };
    let mut compared = 0;
    for name in ["saliency", "clipped", "activation_maps"] {
        let index = plan
            .tasks
            .iter()
            .position(|task| task.name == name)
            .unwrap();
        let mut results = executed.results[index].clone();
        for (unit, results) in results.iter_mut().enumerate() {
            let Some(Results::Attributions(found)) = results else {
                panic!("a map expected")
            };
            let read = array(output, &super::found(json, name, unit)["map"]);
            found.values.values = read.values.iter().map(|&value| value as f32).collect();
        }
        let task = &plan.tasks[index];
        let presented =
            assemble::with_task(&plan, task, (&results, &[]), present::present).unwrap();
        let drawing = figure::draw(&presented.exhibits[0].body, &words).unwrap();
        let Drawing::Grid { tiles, .. } = drawing else {
            panic!("tiles expected")
        };
        let anchor = figure_of(json, name)["exhibits"][0]["anchor"]
            .as_str()
            .unwrap();
        let files = tiles_of(output, anchor);
        assert_eq!(files.len(), tiles.len());
        for (tile, file) in tiles.iter().zip(&files) {
            let (Media::Png(bytes) | Media::Jpeg(bytes)) = &tile.image.media else {
                panic!("a picture expected")
            };
            assert!(bytes == file, "{name}: {}", tile.label);
            compared += 1;
        }
    }
    assert_eq!(compared, 6 + 2 + 6);
}
