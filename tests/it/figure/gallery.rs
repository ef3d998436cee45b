//! A page with every kind of figure, to look at after a change:
//! `GALLERY_PHOTOS=folder cargo test --release --test it gallery -- --ignored` writes
//! `target/gallery/{light,dark}.html`. Without photos it draws on made-up ones.

use std::fmt::Write;

use cnn_report::figure::{self, Drawing, Image, Media};
use cnn_report::picture::Picture;
use cnn_report::present::exhibit::*;
use cnn_report::results::Map;
use cnn_report::words::{Argument, Message};

use super::words;

const STYLE: &str = "body{font:16px/1.5 system-ui,'Noto Sans CJK TC',sans-serif;max-width:960px;margin:24px auto;padding:0 16px}
figure{margin:0 0 40px}.grid{display:grid;gap:16px;grid-template-columns:repeat(var(--c),minmax(0,1fr))}
.grid>div{text-align:center;font-size:14px}.grid img{width:100%}.grid svg{max-width:100%;height:auto}.bar{text-align:center}.bar svg{max-width:100%}
@media(max-width:600px){.grid{grid-template-columns:repeat(min(2,var(--c)),minmax(0,1fr))}.grid.chart{grid-template-columns:1fr}}
table{border-collapse:collapse}td,th{padding:4px 12px;border-bottom:1px solid #8886}.n{text-align:right}";

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, i| {
            bits << 8 | u32::from(*chunk.get(i).unwrap_or(&0))
        });
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit)) & 63;
            text.push(if digit > chunk.len() {
                '='
            } else {
                DIGITS[index as usize] as char
            });
        }
    }
    text
}

fn element(image: &Image) -> (String, usize) {
    match &image.media {
        Media::Svg(svg) => (svg.clone(), svg.len()),
        Media::Png(bytes) => (
            format!("<img src=\"data:image/png;base64,{}\">", base64(bytes)),
            bytes.len(),
        ),
        Media::Jpeg(bytes) => (
            format!("<img src=\"data:image/jpeg;base64,{}\">", base64(bytes)),
            bytes.len(),
        ),
    }
}

fn photo(name: &str, width: u32, height: u32) -> Picture {
    let pixels = match std::env::var("GALLERY_PHOTOS") {
        Ok(folder) => {
            let path = std::path::Path::new(&folder).join(name);
            let photo = image::open(path).expect("a photo of the gallery");
            photo
                .resize_exact(width, height, image::imageops::FilterType::Lanczos3)
                .to_rgb8()
                .into_raw()
        }
        Err(_) => (0..height)
            .flat_map(|y| {
                (0..width).flat_map(move |x| {
                    [
                        (x * 255 / width) as u8,
                        (y * 255 / height) as u8,
                        ((x * x + y * y) / 97) as u8,
                    ]
                })
            })
            .collect(),
    };
    Picture {
        width: width as usize,
        height: height as usize,
        pixels,
    }
}

/// A bump at (`x`, `y`), 0..1, less a smaller one.
fn map(width: usize, height: usize, (x, y): (f32, f32), negative: f32) -> Map {
    let bump = |cx: f32, cy: f32, at: usize| {
        let (dx, dy) = (
            (at % width) as f32 / width as f32 - cx,
            (at / width) as f32 / height as f32 - cy,
        );
        (-(dx * dx + dy * dy) * 18.0).exp()
    };
    let values = (0..width * height)
        .map(|at| bump(x, y, at) - negative * bump(1.0 - x, 1.0 - y, at))
        .collect();
    Map {
        height,
        width,
        values,
    }
}

/// Something like a gradient: edges of the photo times a bump.
fn edges(photo: &Picture, signed: bool) -> Map {
    let (width, height) = (photo.width, photo.height);
    let weight = map(width, height, (0.5, 0.45), 0.0);
    let values = (0..width * height).map(|at| {
        let (x, y) = (at % width, at / width);
        let [a, b] = [
            photo.pixel(x, y),
            photo.pixel((x + 1).min(width - 1), (y + 1).min(height - 1)),
        ];
        let difference: f32 = (0..3)
            .map(|c| f32::from(a[c]) - f32::from(b[c]))
            .sum::<f32>()
            / 765.0;
        (if signed { difference } else { difference.abs() }) * weight.values[at]
    });
    Map {
        height,
        width,
        values: values.collect(),
    }
}

fn heat(label: &str, view: HeatView, range: (f32, f32)) -> HeatTile {
    HeatTile {
        label: Message::literal(label),
        view,
        range,
    }
}

fn heat_maps(
    columns: usize,
    sign: Sign,
    scale: Scale,
    quantity: &str,
    tiles: Vec<HeatTile>,
) -> Body {
    Body::HeatMaps(HeatMaps {
        gamma: 1.0,
        columns,
        tiles,
        sign,
        quantity: Message::literal(quantity),
        scale,
    })
}

fn voronoi(width: usize, height: usize, count: usize) -> Vec<u32> {
    let seed = |i: usize| ((i * 7919 + 13) % 101, (i * 104_729 + 57) % 103);
    let nearest = |at: usize| {
        let (x, y) = (at % width * 101 / width, at / width * 103 / height);
        (0..count)
            .min_by_key(|&i| {
                let (sx, sy) = seed(i);
                x.abs_diff(sx).pow(2) + y.abs_diff(sy).pow(2)
            })
            .unwrap() as u32
    };
    (0..width * height).map(nearest).collect()
}

fn segments(photo: &Picture, count: usize) -> Body {
    let weights: Vec<f64> = (0..count)
        .map(|i| ((i * 37 % 23) as f64 - 9.0) / 40.0)
        .collect();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| weights[b].abs().total_cmp(&weights[a].abs()));
    let positive: Vec<usize> = order
        .iter()
        .copied()
        .filter(|&i| weights[i] > 0.0)
        .take(5)
        .collect();
    let tile = |label: &str, view| SegmentTile {
        group: 0,
        label: Message::literal(label),
        photo: photo.clone(),
        segments: voronoi(photo.width, photo.height, count),
        weights: weights.clone(),
        view,
    };
    Body::Segments(Segments {
        columns: 3,
        tiles: vec![
            tile("超像素", SegmentView::Outlines),
            tile(
                "支持與反對",
                SegmentView::Evidence {
                    shown: order[..10.min(count)].to_vec(),
                    undecided: order[8.min(count)..10.min(count)].to_vec(),
                },
            ),
            tile("只留前五塊", SegmentView::Only { shown: positive }),
        ],
    })
}

/// Name, value, uncertainty.
type NamedBar<'a> = (&'a str, f64, Option<f64>);

fn bars(columns: usize, unit: BarUnit, quantity: &str, groups: &[(&str, &[NamedBar])]) -> Body {
    let bar = |&(label, value, uncertainty): &NamedBar| Bar {
        label: Message::literal(label),
        value,
        uncertainty,
    };
    let groups = groups.iter().map(|(label, bars)| BarGroup {
        segments: Vec::new(),
        label: Message::literal(*label),
        bars: bars.iter().map(bar).collect(),
    });
    Body::Bars(Bars {
        columns,
        groups: groups.collect(),
        quantity: Message::literal(quantity),
        unit,
    })
}

fn matrix(count: usize, per_class: usize, chinese: bool) -> Body {
    const NAMES: [&str; 12] = [
        "貓熊",
        "北極熊",
        "變色龍",
        "環尾狐猴",
        "科摩多龍",
        "美洲豹",
        "無尾熊",
        "袋鼠",
        "刺蝟",
        "鱷魚",
        "野牛",
        "金剛鸚鵡",
    ];
    let name = |i: usize| {
        if chinese && i < 12 {
            NAMES[i].to_owned()
        } else {
            format!("class number {i}")
        }
    };
    let cell = |row: usize, column: usize| {
        if row == column {
            per_class * (60 + row * 7 % 40) / 100
        } else if (row * 5 + column * 3) % 7 < 2 {
            per_class * ((row + column) % 9) / 60
        } else {
            0
        }
    };
    let names: Vec<Message> = (0..count).map(|i| Message::literal(name(i))).collect();
    Body::Matrix(Matrix {
        photos: Vec::new(),
        rows: names.clone(),
        columns: names,
        row_label: Message::literal("真實類別"),
        column_label: Message::literal("預測類別"),
        counts: (0..count)
            .map(|row| (0..count).map(|column| cell(row, column)).collect())
            .collect(),
    })
}

fn series(label: &str, points: impl Iterator<Item = (f64, f64)>) -> Series {
    Series {
        label: Message::literal(label),
        points: points.collect(),
        intervals: Vec::new(),
    }
}

fn curves(x: &str, y: &str, series: Vec<Series>) -> Body {
    Body::Curves(Curves {
        x_label: Message::literal(x),
        y_label: Message::literal(y),
        series,
    })
}

pub(super) fn bodies() -> Vec<(&'static str, Body)> {
    let coffee = photo("others/coffee.png", 300, 200);
    let cat = photo("others/chelsea.png", 224, 224);
    let macaw = photo(
        "gcompris/explore_world_animals/scarlet_macaw.webp",
        224,
        224,
    );
    let tiny = photo("gcompris/explore_world_animals/panda.webp", 64, 64);
    let overlay = |photo: &Picture, map: Map| HeatView::Overlay {
        photo: photo.clone(),
        map,
    };
    let alone = |map: Map, size| HeatView::Map {
        map,
        size,
        photo: None,
    };
    let three = |photo: &Picture, map: Map, size: (usize, usize), range| {
        vec![
            heat("照片", HeatView::Photo(photo.clone()), (0.0, 0.0)),
            heat("熱圖", alone(map.clone(), size), range),
            heat("疊圖", overlay(photo, map), range),
        ]
    };
    let pulse = |k: f64| {
        move |i: usize| {
            (
                i as f64 * 4.0,
                (1.0 - (-(i as f64) / k).exp()) * 8.2 + (i as f64 * 0.7).sin() * 0.2,
            )
        }
    };
    let (e_cat, e_macaw) = (edges(&cat, false), edges(&macaw, true));
    vec![
        (
            "Grad-CAM 7×7, unsigned",
            heat_maps(
                3,
                Sign::Unsigned,
                Scale::Shared,
                "Grad-CAM（logit 的梯度）",
                three(&cat, map(7, 7, (0.5, 0.3), 0.0), (224, 224), (0.0, 1.0)),
            ),
        ),
        (
            "Grad-CAM, not square",
            heat_maps(
                3,
                Sign::Unsigned,
                Scale::Shared,
                "Grad-CAM",
                three(
                    &coffee,
                    map(9, 6, (0.6, 0.5), 0.0),
                    (300, 200),
                    (0.0, 0.0123),
                ),
            ),
        ),
        (
            "Occlusion 8×8, signed",
            heat_maps(
                3,
                Sign::Signed,
                Scale::Shared,
                "遮住後分數的下降",
                three(&macaw, map(8, 8, (0.4, 0.35), 0.6), (224, 224), (-1.0, 1.0)),
            ),
        ),
        (
            "Saliency",
            heat_maps(
                3,
                Sign::Unsigned,
                Scale::Shared,
                "|∂ logit / ∂ pixel|",
                three(&cat, e_cat, (224, 224), (0.0, 0.12)),
            ),
        ),
        (
            "IG, signed, uneven range",
            heat_maps(
                3,
                Sign::Signed,
                Scale::Shared,
                "integrated gradients",
                three(&macaw, e_macaw, (224, 224), (-0.12, 0.2)),
            ),
        ),
        (
            "Own scales, tiny photo",
            heat_maps(
                4,
                Sign::Unsigned,
                Scale::OwnPerTile,
                "activation",
                vec![
                    heat("photo", HeatView::Photo(tiny.clone()), (0.0, 0.0)),
                    heat(
                        "filter 3",
                        alone(map(8, 8, (0.3, 0.3), 0.0), (64, 64)),
                        (0.0, 4.17),
                    ),
                    heat(
                        "filter 17",
                        alone(map(8, 8, (0.7, 0.4), 0.0), (64, 64)),
                        (0.0, 0.000_31),
                    ),
                    heat(
                        "filter 20 (dead)",
                        overlay(
                            &tiny,
                            Map {
                                height: 8,
                                width: 8,
                                values: vec![0.0; 64],
                            },
                        ),
                        (0.0, 0.0),
                    ),
                ],
            ),
        ),
        (
            "Pictures",
            Body::Pictures(Pictures {
                is_sequence: false,
                columns: 4,
                tiles: [&coffee, &cat, &macaw, &tiny]
                    .map(|picture| PictureTile {
                        label: Message::literal("step 250"),
                        picture: picture.clone(),
                    })
                    .to_vec(),
            }),
        ),
        ("LIME", segments(&coffee, 28)),
        ("LIME, cat", segments(&cat, 40)),
        ("LIME, 64 px", segments(&tiny, 9)),
        (
            "Probabilities",
            bars(
                2,
                BarUnit::Probability,
                "機率（softmax）",
                &[
                    (
                        "coffee",
                        &[
                            ("濃縮咖啡 espresso", 0.8731, None),
                            ("咖啡杯 coffee mug", 0.0712, None),
                            ("a very, very long class name & <more> of it", 0.0301, None),
                            ("碗", 0.0042, None),
                            ("soup bowl", 0.0, None),
                        ],
                    ),
                    (
                        "chelsea",
                        &[
                            ("虎斑貓 tabby", 0.5, None),
                            ("tiger cat", 0.41, None),
                            ("Egyptian cat", 0.06, None),
                            ("lynx", 0.004, None),
                            ("碗", 1.0, None),
                        ],
                    ),
                ],
            ),
        ),
        (
            "Weights",
            bars(
                1,
                BarUnit::Weight,
                "LIME 權重（每個超像素對機率的影響）",
                &[(
                    "",
                    &[
                        ("超像素 12", 0.312, Some(0.04)),
                        ("超像素 3", 0.151, Some(0.05)),
                        ("超像素 7", -0.082, Some(0.03)),
                        ("超像素 21", -0.201, None),
                        ("超像素 9", 0.0012, None),
                        ("broken", f64::NAN, None),
                    ],
                )],
            ),
        ),
        (
            "Weights, two groups",
            bars(
                2,
                BarUnit::Weight,
                "drop of the logit",
                &[
                    ("a", &[("left", 3.1, None), ("right", -1.2, None)]),
                    ("b", &[("left", 0.4, Some(0.3)), ("right", -4.2, Some(0.2))]),
                ],
            ),
        ),
        (
            "Curves",
            curves(
                "迭代次數",
                "目標函數（濾鏡平均活化）",
                vec![
                    series("濾鏡 3", (0..64).map(pulse(14.0))),
                    series("濾鏡 17", (0..64).map(pulse(30.0))),
                    series("filter 94", (0..64).map(pulse(60.0))),
                    series(
                        "with a gap",
                        (0..64).map(|i| {
                            (
                                i as f64 * 4.0,
                                if (20..30).contains(&i) {
                                    f64::NAN
                                } else {
                                    3.0 + i as f64 / 60.0
                                },
                            )
                        }),
                    ),
                    series("one point", [(128.0, 7.0)].into_iter()),
                    series("filter 6", (0..64).map(pulse(200.0))),
                ],
            ),
        ),
        (
            "One curve",
            curves(
                "share of pixels deleted",
                "probability of the class",
                vec![series(
                    "",
                    (0..=10).map(|i| (f64::from(i) / 10.0, 0.93 * (-f64::from(i) / 2.5).exp())),
                )],
            ),
        ),
        (
            "Tiny numbers",
            curves(
                "step",
                "loss",
                vec![series(
                    "loss",
                    (0..50).map(|i| (f64::from(i), 3e-6 * (-f64::from(i) / 9.0).exp())),
                )],
            ),
        ),
        ("No curve", curves("x", "y", vec![])),
        ("Matrix 2", matrix(2, 50, true)),
        ("Matrix 11", matrix(11, 50, true)),
        ("Matrix 30", matrix(30, 1200, false)),
        ("Matrix 60", matrix(60, 50, false)),
        (
            "Table",
            Body::Table(Table {
                header: ["類別", "precision", "n"].map(Message::literal).to_vec(),
                rows: vec![
                    vec!["貓熊".into(), Argument::Percent(0.93, 1), 50usize.into()],
                    vec!["北極熊".into(), "—".into(), 0usize.into()],
                ],
            }),
        ),
    ]
}

#[test]
#[ignore = "writes a page to look at"]
fn gallery() {
    let words = words();
    let mut page = String::new();
    for (title, body) in bodies() {
        let drawing = figure::draw(&body, &words.borrow()).unwrap();
        let mut bytes = 0;
        let mut inside = String::new();
        match drawing {
            Drawing::Grid {
                columns,
                tiles,
                colour_bar,
            } => {
                let chart = tiles
                    .iter()
                    .any(|tile| matches!(tile.image.media, Media::Svg(_)));
                let class = if chart { "grid chart" } else { "grid" };
                write!(inside, "<div class=\"{class}\" style=\"--c:{columns}\">").unwrap();
                for tile in tiles {
                    let (element, size) = element(&tile.image);
                    bytes += size;
                    write!(inside, "<div>{element}<br>{}</div>", tile.label).unwrap();
                }
                inside += "</div>";
                if let Some(bar) = colour_bar {
                    let (element, size) = element(&bar);
                    bytes += size;
                    write!(inside, "<div class=bar>{element}</div>").unwrap();
                }
            }
            Drawing::Table {
                header,
                rows,
                numeric,
            } => {
                inside += "<table>";
                for row in std::iter::once(header).chain(rows) {
                    inside += "<tr>";
                    for (cell, numeric) in row.iter().zip(&numeric) {
                        write!(
                            inside,
                            "<td{}>{cell}</td>",
                            if *numeric { " class=n" } else { "" }
                        )
                        .unwrap();
                    }
                }
                inside += "</table>";
            }
        }
        write!(
            page,
            "<figure><h3>{title} <small>{bytes} B</small></h3>{inside}</figure>"
        )
        .unwrap();
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/gallery");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, colours) in [
        ("light", "background:#fff;color:#222"),
        ("dark", "background:#16181c;color:#ddd"),
    ] {
        let head = format!(
            "<!doctype html><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><style>{STYLE} body{{{colours}}} html{{{colours}}}</style>"
        );
        std::fs::write(folder.join(format!("{name}.html")), head + &page).unwrap();
    }
}
