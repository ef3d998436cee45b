//! What `figure::draw` promises for every kind of exhibit.

#![allow(clippy::unwrap_used)] // clippy.toml allows it in tests, but not in the helpers of tests

mod gallery;
mod xml;

use cnn_report::figure::palette::Palette;
use cnn_report::figure::{self, Drawing, FigureError, Image, Media, Words};
use cnn_report::picture::Picture;
use cnn_report::present::exhibit::*;
use cnn_report::results::Map;
use cnn_report::words::{Argument, Message};

/// Stands in for the string tables: keys as they are, numbers in plain English.
struct PlainWords {
    message: Box<dyn Fn(&Message) -> String + Sync>,
    argument: Box<dyn Fn(&Argument) -> String + Sync>,
}

impl PlainWords {
    fn borrow(&self) -> Words<'_> {
        Words {
            message: &*self.message,
            argument: &*self.argument,
        }
    }
}

fn words() -> PlainWords {
    PlainWords {
        message: Box::new(message),
        argument: Box::new(argument),
    }
}

fn message(message: &Message) -> String {
    match message {
        Message::Literal(text) => text.clone(),
        Message::Keyed { key, .. } => key.to_string(),
    }
}

fn argument(argument: &Argument) -> String {
    match argument {
        Argument::Text(text) => text.clone(),
        Argument::Count(count) => count.to_string(),
        Argument::Number(value, digits) => format!("{value:.digits$}"),
        Argument::Percent(share, digits) => format!("{:.digits$} %", share * 100.0),
        Argument::Scientific(value) if value.abs() >= 0.001 => {
            let digits = (2 - value.abs().log10().floor() as i32).max(0) as usize;
            format!("{value:.digits$}")
        }
        Argument::Scientific(value) => format!("{value:.2e}"),
        Argument::Message(inner) => message(inner),
        Argument::List(list) => list.iter().map(message).collect::<Vec<_>>().join(", "),
    }
}

fn draw(body: &Body) -> Result<Drawing, FigureError> {
    figure::draw(body, &words().borrow())
}

/// Labels and pictures of the tiles, and the colour bar.
fn grid(body: &Body) -> (Vec<String>, Vec<Image>, Option<Image>) {
    match draw(body).unwrap() {
        Drawing::Grid {
            tiles, colour_bar, ..
        } => {
            let (labels, images) = tiles
                .into_iter()
                .map(|tile| (tile.label, tile.image))
                .unzip();
            (labels, images, colour_bar)
        }
        Drawing::Table { .. } => panic!("a table"),
    }
}

fn svg(image: &Image) -> &str {
    match &image.media {
        Media::Svg(svg) => svg,
        Media::Png(_) | Media::Jpeg(_) => panic!("not an SVG"),
    }
}

fn pixels(image: &Image) -> image::RgbImage {
    match &image.media {
        Media::Png(bytes) | Media::Jpeg(bytes) => image::load_from_memory(bytes).unwrap().to_rgb8(),
        Media::Svg(_) => panic!("an SVG"),
    }
}

fn literal(text: &str) -> Message {
    Message::literal(text)
}

#[test]
fn palettes_are_matplotlibs() {
    for (palette, file) in [
        (Palette::Inferno, "inferno"),
        (Palette::Diverging, "RdBu_r"),
    ] {
        let path = format!(
            "{}/tests/data/figure/cmap_{file}.npy",
            env!("CARGO_MANIFEST_DIR")
        );
        let bytes = std::fs::read(path).unwrap();
        let golden: Vec<[u8; 3]> = bytes[bytes.len() - 768..]
            .chunks(3)
            .map(|c| [c[0], c[1], c[2]])
            .collect();
        for index in 0..=255u8 {
            // Ours runs from against (red) to for (blue): matplotlib's `RdBu`.
            let reversed = palette == Palette::Diverging;
            let at = if reversed { 255 - index } else { index };
            assert_eq!(
                palette.colour(index),
                golden[usize::from(at)],
                "{file} {index}"
            );
        }
        assert_eq!(palette.table().len(), 768);
    }
    assert_eq!(Palette::Diverging.colour(0), [103, 0, 31], "against is red");
    assert_eq!(Palette::Diverging.colour(255), [5, 48, 97], "for is blue");
}

#[test]
fn every_kind_twice_and_in_two_threads_gives_equal_drawings() {
    let draw_all = || {
        let all = gallery::bodies();
        all.iter()
            .map(|(_, body)| draw(body).unwrap())
            .collect::<Vec<_>>()
    };
    let here = draw_all();
    assert_eq!(here, draw_all());
    let there = [std::thread::spawn(draw_all), std::thread::spawn(draw_all)];
    for thread in there {
        assert_eq!(thread.join().unwrap(), here);
    }
}

#[test]
fn every_svg_is_well_formed_and_safe_to_inline() {
    let mut count = 0;
    for (title, body) in gallery::bodies() {
        let Drawing::Grid {
            tiles, colour_bar, ..
        } = draw(&body).unwrap()
        else {
            continue;
        };
        for image in tiles.iter().map(|tile| &tile.image).chain(&colour_bar) {
            let Media::Svg(svg) = &image.media else {
                continue;
            };
            count += 1;
            xml::check(svg).unwrap_or_else(|error| panic!("{title}: {error}"));
            let (width, height) = (image.width_px, image.height_px);
            assert!(svg.starts_with("<svg "), "{title}");
            let size =
                format!("width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\"");
            assert!(svg.contains(&size), "{title}");
            for banned in [
                " id=", "<style", "<script", "NaN", "\"inf", "#0102", "#0103", "class=",
            ] {
                assert!(!svg.contains(banned), "{title}: `{banned}`");
            }
        }
    }
    assert!(count > 15, "only {count} charts and bars were looked at");
}

#[test]
fn markup_in_labels_stays_text() {
    let label = "a <b> & \"c\" \u{1}";
    let bar = Bar {
        label: literal(label),
        value: 0.5,
        uncertainty: None,
    };
    let group = BarGroup {
        segments: Vec::new(),
        label: literal(label),
        bars: vec![bar],
    };
    let bars = Bars {
        columns: 1,
        groups: vec![group],
        quantity: literal(label),
        unit: BarUnit::Probability,
    };
    let (labels, images, _) = grid(&Body::Bars(bars));
    assert_eq!(labels, [label], "the tile's label is plain text");
    let svg = svg(&images[0]);
    xml::check(svg).unwrap();
    assert_eq!(
        svg.matches("a &lt;b&gt; &amp; &quot;c&quot; \u{fffd}")
            .count(),
        2,
        "{svg}"
    );
}

#[test]
fn nothing_to_draw_is_no_error() {
    let heat = |sign| {
        Body::HeatMaps(HeatMaps {
            gamma: 1.0,
            columns: 0,
            tiles: vec![],
            sign,
            quantity: literal("q"),
            scale: Scale::Shared,
        })
    };
    let empty = [
        Body::Pictures(Pictures {
            is_sequence: false,
            columns: 3,
            tiles: vec![],
        }),
        heat(Sign::Signed),
        heat(Sign::Unsigned),
        Body::Segments(Segments {
            columns: 3,
            tiles: vec![],
        }),
        Body::Bars(Bars {
            columns: 2,
            groups: vec![],
            quantity: literal("q"),
            unit: BarUnit::Weight,
        }),
    ];
    for body in &empty {
        let (_, images, bar) = grid(body);
        assert!(images.is_empty() && bar.is_none());
    }
    let group = BarGroup {
        segments: Vec::new(),
        label: literal(""),
        bars: vec![],
    };
    let alone = [
        Body::Bars(Bars {
            columns: 2,
            groups: vec![group],
            quantity: literal("q"),
            unit: BarUnit::Weight,
        }),
        Body::Curves(Curves {
            x_label: literal("x"),
            y_label: literal("y"),
            series: vec![],
        }),
        Body::Matrix(Matrix {
            photos: Vec::new(),
            rows: vec![],
            columns: vec![],
            row_label: literal("r"),
            column_label: literal("c"),
            counts: vec![],
        }),
    ];
    for body in &alone {
        let (_, images, _) = grid(body);
        assert_eq!(images.len(), 1);
        xml::check(svg(&images[0])).unwrap();
    }
}

fn one_map(values: &[f32], range: (f32, f32), sign: Sign, scale: Scale) -> Body {
    let side = values.len().isqrt();
    let map = Map {
        height: side,
        width: side,
        values: values.to_vec(),
    };
    let view = HeatView::Map {
        map,
        size: (200, 200),
        photo: None,
    };
    let tiles = vec![HeatTile {
        label: literal("map"),
        view,
        range,
    }];
    Body::HeatMaps(HeatMaps {
        gamma: 1.0,
        columns: 1,
        tiles,
        sign,
        quantity: literal("score"),
        scale,
    })
}

#[test]
fn a_map_is_blocks_in_exact_colours_with_a_bar_of_its_numbers() {
    let body = one_map(
        &[0.0, 1.0, 2.0, 4.0],
        (0.0, 2.0),
        Sign::Unsigned,
        Scale::Shared,
    );
    let (labels, images, bar) = grid(&body);
    assert_eq!(labels, ["map"]);
    let drawn = pixels(&images[0]);
    let colour = |index| Palette::Inferno.colour(index);
    for ((x, y), expected) in [
        ((99, 99), colour(0)),
        ((100, 99), colour(128)),
        ((99, 100), colour(255)),
        ((199, 199), colour(255)),
    ] {
        assert_eq!(drawn.get_pixel(x, y).0, expected, "at {x}, {y}");
    }
    let bar = bar.unwrap();
    for text in [">0</text>", ">2.00</text>", ">score</text>"] {
        assert!(svg(&bar).contains(text), "{text}");
    }
}

#[test]
fn a_signed_bar_has_its_zero() {
    let body = one_map(
        &[-1.0, 0.0, 0.5, 3.0],
        (-1.0, 3.0),
        Sign::Signed,
        Scale::Shared,
    );
    let (_, images, bar) = grid(&body);
    assert_eq!(
        pixels(&images[0]).get_pixel(150, 50).0,
        Palette::Diverging.colour(128)
    );
    let bar = bar.unwrap();
    // The bar runs from 28 to 268 px: zero lies at a quarter.
    assert!(
        svg(&bar)
            .contains("<text x=\"88\" y=\"48\" font-size=\"12\" text-anchor=\"middle\">0</text>"),
        "{}",
        svg(&bar)
    );
    assert!(svg(&bar).contains(">−1.00</text>") && svg(&bar).contains(">3.00</text>"));
}

#[test]
fn flat_and_broken_maps_are_no_evidence() {
    for (values, range) in [
        ([0.0; 4], (0.0, 0.0)),
        ([7.0; 4], (7.0, 7.0)),
        ([f32::NAN; 4], (0.0, 1.0)),
        ([1.0; 4], (f32::NAN, f32::NAN)),
    ] {
        for (sign, index, palette) in [
            (Sign::Unsigned, 0, Palette::Inferno),
            (Sign::Signed, 128, Palette::Diverging),
        ] {
            let (_, images, bar) = grid(&one_map(&values, range, sign, Scale::Shared));
            let drawn = pixels(&images[0]);
            assert!(
                drawn.pixels().all(|pixel| pixel.0 == palette.colour(index)),
                "{values:?} {range:?} {sign:?}"
            );
            xml::check(svg(&bar.unwrap())).unwrap();
        }
    }
}

#[test]
fn own_scales_are_written_on_the_tiles() {
    let body = one_map(
        &[0.0, 1.0, 2.0, 4.0],
        (0.0, 4.0),
        Sign::Unsigned,
        Scale::OwnPerTile,
    );
    let (labels, _, bar) = grid(&body);
    assert_eq!(labels, ["map [0, 4.00]"]);
    assert!(svg(&bar.unwrap()).contains(">max</text>"));
}

#[test]
fn segments_are_coloured_by_sign_and_hidden_ones_are_grey() {
    // Four segments in the quarters of a grey photo; the weights are for, against, half for, not shown.
    let segments = (0..16 * 16)
        .map(|at| (at / 128 * 2 + at % 16 / 8) as u32)
        .collect::<Vec<_>>();
    let tile = |view| SegmentTile {
        group: 0,
        label: literal("coffee"),
        photo: Picture::filled(16, 16, [100, 100, 100]),
        segments: segments.clone(),
        weights: vec![0.4, -0.4, 0.2, 0.4],
        view,
    };
    let tiles = vec![
        tile(SegmentView::Outlines),
        tile(SegmentView::Evidence {
            shown: vec![0, 1, 2],
            undecided: Vec::new(),
        }),
        tile(SegmentView::Only { shown: vec![0] }),
        tile(SegmentView::Evidence {
            shown: vec![0, 1, 2],
            undecided: vec![1],
        }),
    ];
    let (_, images, bar) = grid(&Body::Segments(Segments { columns: 3, tiles }));
    let [outlines, evidence, only, open] = [0, 1, 2, 3].map(|i| pixels(&images[i]));
    assert_eq!(outlines.dimensions(), (400, 400), "16 px enlarged 25 times");
    let at = |picture: &image::RgbImage, x, y| picture.get_pixel(x, y).0;
    // 0.7 of #4393c3 or #d6604d over 100; half as much for half the weight.
    assert_eq!(at(&evidence, 100, 100), [77, 133, 167]);
    assert_eq!(at(&evidence, 300, 100), [180, 97, 84]);
    assert_eq!(at(&evidence, 100, 300), [88, 116, 133]);
    // 0.6 × 0.7 of #969696 over 100, whatever the weight; the others as before.
    assert_eq!(at(&open, 300, 100), [121; 3]);
    assert_eq!(at(&open, 100, 100), [77, 133, 167]);
    assert_eq!(
        at(&evidence, 300, 300),
        [100; 3],
        "not shown: the photo as it is"
    );
    assert_eq!(
        [at(&outlines, 198, 50), at(&outlines, 201, 50)],
        [[100; 3]; 2]
    );
    assert_eq!(
        [at(&outlines, 199, 50), at(&outlines, 200, 50)],
        [[216; 3]; 2],
        "2 px"
    );
    assert_eq!(at(&evidence, 199, 50), [0x43, 0x93, 0xc3]);
    assert_eq!(at(&evidence, 200, 50), [0xd6, 0x60, 0x4d]);
    assert_eq!(
        (at(&only, 100, 100), at(&only, 300, 100)),
        ([100; 3], [128; 3])
    );
    let bar = bar.unwrap();
    assert!(svg(&bar).contains(">−0.400</text>") && svg(&bar).contains(">+0.400</text>"));
}

/// Left edge and width in px of the rectangles of one colour.
fn rectangles(svg: &str, colour: &str) -> Vec<(f64, f64)> {
    let number = |line: &str, name: &str| -> f64 {
        let rest = line.split_once(&format!(" {name}=\"")).unwrap().1;
        rest.split('"').next().unwrap().parse::<f64>().unwrap() / 10.0
    };
    let lines = svg
        .lines()
        .filter(|line| line.starts_with("<rect") && line.contains(colour));
    lines
        .map(|line| (number(line, "x"), number(line, "width")))
        .collect()
}

fn bars(unit: BarUnit, values: &[f64]) -> String {
    let bar = |&value: &f64| Bar {
        label: literal("name"),
        value,
        uncertainty: None,
    };
    let group = BarGroup {
        segments: Vec::new(),
        label: literal("group"),
        bars: values.iter().map(bar).collect(),
    };
    let (_, images, _) = grid(&Body::Bars(Bars {
        columns: 1,
        groups: vec![group],
        quantity: literal("q"),
        unit,
    }));
    svg(&images[0]).to_owned()
}

#[test]
fn bars_are_as_long_as_their_values() {
    let svg = bars(BarUnit::Probability, &[1.0, 0.5, 0.25]);
    let drawn = rectangles(&svg, "#4393C3");
    assert_eq!(drawn.len(), 3);
    // Shapes lie on tenths of a px.
    assert!(
        (drawn[0].1 - 2.0 * drawn[1].1).abs() < 0.3 && (drawn[0].1 - 4.0 * drawn[2].1).abs() < 0.5,
        "{drawn:?}"
    );
    assert!(svg.contains(">50.0 %</text>"));
    let svg = bars(BarUnit::Weight, &[0.4, -0.2, f64::NAN]);
    let (positive, negative) = (rectangles(&svg, "#4393C3"), rectangles(&svg, "#D6604D"));
    assert_eq!(
        (positive.len(), negative.len()),
        (1, 1),
        "nothing is drawn for NaN"
    );
    assert!(
        (positive[0].1 - 2.0 * negative[0].1).abs() < 0.3,
        "one scale on both sides"
    );
    assert!(
        (negative[0].0 + negative[0].1 - positive[0].0).abs() < 0.15,
        "both start at zero"
    );
    assert!(svg.contains(">−0.200</text>") && svg.contains(">–</text>"));
}

#[test]
fn curves_have_gaps_and_single_points() {
    let series = |points: &[(f64, f64)]| Series {
        label: literal("s"),
        points: points.to_vec(),
        intervals: Vec::new(),
    };
    let line: Vec<(f64, f64)> = (0..40)
        .map(|x| (f64::from(x), if x == 20 { f64::NAN } else { f64::from(x) }))
        .collect();
    let curves = Curves {
        x_label: literal("x"),
        y_label: literal("y"),
        series: vec![series(&line), series(&[(5.0, 5.0)])],
    };
    let (_, images, _) = grid(&Body::Curves(curves));
    let svg = svg(&images[0]);
    let of = |tag: &str, colour: &str| {
        svg.lines()
            .filter(|line| line.starts_with(tag) && line.contains(colour))
            .count()
    };
    assert_eq!(of("<polyline", "#1F83C4"), 3, "two parts and the legend");
    assert_eq!(of("<polyline", "#D55E00"), 0);
    assert_eq!(
        (of("<circle", "#1F83C4"), of("<circle", "#D55E00")),
        (0, 2),
        "the point and the legend"
    );
}

#[test]
fn matrices_show_counts_up_to_forty_classes() {
    let matrix = |classes: usize| {
        let names: Vec<_> = (0..classes)
            .map(|class| Message::literal(format!("c{class}")))
            .collect();
        let counts = (0..classes)
            .map(|row| {
                (0..classes)
                    .map(|column| if row == column { 777 } else { 0 })
                    .collect()
            })
            .collect();
        let body = Body::Matrix(Matrix {
            photos: Vec::new(),
            rows: names.clone(),
            columns: names,
            row_label: literal("true"),
            column_label: literal("predicted"),
            counts,
        });
        grid(&body)
    };
    for (classes, counts, zeros, names) in [
        (2, 2, 2, 4),
        (12, 12, 132, 24),
        (40, 40, 0, 80),
        (100, 0, 0, 100),
    ] {
        let (_, images, bar) = matrix(classes);
        let svg = svg(&images[0]);
        assert_eq!(
            svg.matches(">777</text>").count(),
            counts,
            "{classes} classes"
        );
        assert_eq!(svg.matches(">0</text>").count(), zeros, "{classes} classes");
        assert_eq!(svg.matches(">c").count(), names, "{classes} classes");
        assert!(bar.is_some());
        assert!(images[0].width_px < 1300, "{} px", images[0].width_px);
    }
}

#[test]
fn tables_know_their_columns_of_numbers() {
    let table = Table {
        header: vec![literal("class"), literal("recall"), literal("mixed")],
        rows: vec![
            vec!["panda".into(), Argument::Percent(0.5, 1), 3usize.into()],
            vec!["hen".into(), "—".into(), "three".into()],
        ],
    };
    let Drawing::Table {
        header,
        rows,
        numeric,
    } = draw(&Body::Table(table)).unwrap()
    else {
        panic!("no table")
    };
    assert_eq!(header, ["class", "recall", "mixed"]);
    assert_eq!(rows, [["panda", "50.0 %", "3"], ["hen", "—", "three"]]);
    assert_eq!(numeric, [false, true, false]);
}

#[test]
fn parts_that_do_not_fit_are_named() {
    let broken = Picture {
        width: 2,
        height: 2,
        pixels: vec![0; 5],
    };
    let picture = |picture: &Picture| {
        Body::Pictures(Pictures {
            is_sequence: false,
            columns: 1,
            tiles: vec![PictureTile {
                label: literal(""),
                picture: picture.clone(),
            }],
        })
    };
    assert!(matches!(
        draw(&picture(&broken)),
        Err(FigureError::PictureSize {
            width: 2,
            height: 2,
            found: 5
        })
    ));
    assert!(matches!(
        draw(&picture(&Picture::filled(0, 3, [0; 3]))),
        Err(FigureError::PictureSize { .. })
    ));
    assert!(matches!(
        draw(&one_map(&[], (0.0, 1.0), Sign::Unsigned, Scale::Shared)),
        Err(FigureError::MapSize { .. })
    ));
    let segments = |segments: Vec<u32>, weights: Vec<f64>, shown| {
        let photo = Picture::filled(2, 1, [0; 3]);
        let tile = SegmentTile {
            group: 0,
            label: literal(""),
            photo,
            segments,
            weights,
            view: SegmentView::Only { shown },
        };
        draw(&Body::Segments(Segments {
            columns: 1,
            tiles: vec![tile],
        }))
    };
    assert!(matches!(
        segments(vec![0], vec![1.0], vec![]),
        Err(FigureError::SegmentCount {
            pixels: 2,
            found: 1
        })
    ));
    assert!(matches!(
        segments(vec![0, 3], vec![1.0], vec![]),
        Err(FigureError::SegmentWeight {
            segment: 3,
            weights: 1
        })
    ));
    assert!(matches!(
        segments(vec![0, 0], vec![1.0], vec![9]),
        Err(FigureError::SegmentWeight {
            segment: 9,
            weights: 1
        })
    ));
    let matrix = Matrix {
        photos: Vec::new(),
        rows: vec![literal("a")],
        columns: vec![literal("a")],
        row_label: literal(""),
        column_label: literal(""),
        counts: vec![vec![1, 2]],
    };
    assert!(matches!(
        draw(&Body::Matrix(matrix)),
        Err(FigureError::MatrixShape {
            rows: 1,
            columns: 1
        })
    ));
    let table = Table {
        header: vec![literal("a")],
        rows: vec![vec![]],
    };
    assert!(matches!(
        draw(&Body::Table(table)),
        Err(FigureError::TableShape {
            row: 0,
            found: 0,
            expected: 1
        })
    ));
}
