//! What the page is put together from: photos and maps that stand in it once, numbers, the overview.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cnn_report::figure::{Cover, Drawing, Links, Part, SegmentMap, Thumbnails, Tile, View};
use cnn_report::render::{html, split};
use cnn_report::report::{Block, Report};

use super::sample;

fn page() -> String {
    html(&sample::report("zh-TW")).unwrap()
}

fn tiles(report: &mut Report) -> &mut Vec<Tile> {
    let Block::Explanation(explanation) = &mut report.sections[0].blocks[0] else {
        panic!("an explanation")
    };
    let Drawing::Grid { tiles, .. } = &mut explanation.figures[0].drawing else {
        panic!("a grid")
    };
    tiles
}

/// The text behind `before` up to the next quotation mark.
fn attribute<'a>(text: &'a str, before: &str) -> &'a str {
    let (_, after) = text.split_once(before).unwrap();
    after.split('"').next().unwrap()
}

#[test]
fn a_photo_stands_in_the_page_once_and_is_shown_wherever_it_is_needed() {
    let page = page();
    let source = attribute(
        &page,
        "<image id=\"photo-1\" width=\"224\" height=\"224\" href=\"",
    );
    assert!(source.starts_with("data:image/jpeg;base64,"));
    assert_eq!(page.matches(source).count(), 1);
    // The photo by itself, and below its map.
    assert_eq!(page.matches("<use href=\"#photo-1\"").count(), 2);
    assert_eq!(
        page.matches("<use href=\"#photo-2\"").count(),
        3,
        "and in the portrait"
    );
    assert!(page.contains("<use href=\"#photo-1\" filter=\"url(#pale)\"/><use href=\"#map-1\" filter=\"url(#inferno-over)\"/>"));
}

#[test]
fn a_map_brings_its_numbers() {
    let page = page();
    let (_, map) = page.split_once("<image id=\"map-2\"").unwrap();
    let values = STANDARD.decode(attribute(map, " data-values=\"")).unwrap();
    let mut planes = Vec::new();
    flate2::read::ZlibDecoder::new(&values[..])
        .read_to_end(&mut planes)
        .unwrap();
    let value = |at: usize| f32::from_le_bytes(std::array::from_fn(|plane| planes[plane * 4 + at]));
    assert_eq!([0, 1, 2, 3].map(value), [0.0, 1.0, 0.0, 0.0]);
    let (head, _) = map.split_once("/>").unwrap();
    for said in [
        " data-columns=\"2\"",
        " data-low=\"0\" data-high=\"1\"",
        " data-sign=\"unsigned\"",
    ] {
        assert!(head.contains(said), "{said}");
    }
    assert!(!head.contains("data-rounded"));
}

#[test]
fn superpixels_lie_over_the_photo_of_the_page() {
    let mut report = sample::report("en");
    let layers = tiles(&mut report)
        .iter_mut()
        .find_map(|tile| tile.layers.as_mut())
        .unwrap();
    (layers.view, layers.map) = (View::Covered, None);
    layers.cover = Some(Cover {
        greyed: Some(b"grey".to_vec()),
        colours: b"colours".to_vec(),
        has_squares: false,
    });
    let page = html(&report).unwrap();
    let (_, picture) = page.split_once(" data-view=\"covered\"").unwrap();
    let (picture, _) = picture.split_once("</svg>").unwrap();
    assert_eq!(
        picture
            .matches("<use href=\"#photo-1\" transform=\"scale(1)\"")
            .count(),
        2
    );
    assert!(picture.contains("<mask id=\"fig-saliency-4-mask\""));
    assert!(picture.contains("<g mask=\"url(#fig-saliency-4-mask)\">"));
    let colours = format!(
        " href=\"data:image/png;base64,{}\"/>",
        STANDARD.encode("colours")
    );
    assert!(picture.ends_with(&colours), "{picture}");
}

#[test]
fn large_maps_hold_three_digits_of_each_number() {
    let mut report = sample::report("en");
    let map = tiles(&mut report)
        .iter_mut()
        .find_map(|tile| tile.layers.as_mut()?.map.as_mut())
        .unwrap();
    (map.width, map.height) = (129, 128);
    map.values = (0..129 * 128)
        .flat_map(|at| (at as f32 * -0.012_346).to_le_bytes())
        .collect();
    let page = html(&report).unwrap();
    let (_, map) = page.split_once("<image id=\"map-1\"").unwrap();
    assert!(
        map.split_once("/>")
            .unwrap()
            .0
            .contains(" data-rounded=\"\"")
    );
    let values = STANDARD.decode(attribute(map, " data-values=\"")).unwrap();
    let mut planes = Vec::new();
    flate2::read::ZlibDecoder::new(&values[..])
        .read_to_end(&mut planes)
        .unwrap();
    let count = 129 * 128;
    let number = |at: usize| {
        let digits = i16::from_le_bytes([planes[at], planes[count + at]]);
        (digits, i8::from_le_bytes([planes[2 * count + at]]))
    };
    assert_eq!(
        [number(0), number(1), number(16_511)],
        [(0, 0), (-123, -4), (-204, 0)]
    );
}

#[test]
fn a_chart_brings_its_numbers_as_a_table_and_as_csv() {
    let page = page();
    assert!(page.contains("<th scope=\"col\" class=\"right\">活化, &lt;平均&gt;</th>"));
    assert!(page.contains("<td>0</td><td class=\"right\">0.2</td>"));
    let (_, after) = page.split_once("<figure id=\"fig-curve\"").unwrap();
    let address = attribute(after, "<a href=\"data:text/csv;charset=utf-8;base64,");
    let text = String::from_utf8(STANDARD.decode(address).unwrap()).unwrap();
    assert_eq!(text, "\u{feff}步數,\"活化, <平均>\"\n0,0.2\n");
    assert!(after.contains(" download=\"fig-curve.csv\""));
}

#[test]
fn the_overview_leads_to_every_figure() {
    let page = page();
    let row = "<tr><th scope=\"row\">egg</th><td>Egg</td><td class=\"right\">91.2%</td><td><a href=\"#fig-saliency\">圖 1</a></td><td><a href=\"#fig-answers\">表 1</a><br><span class=\"muted\">Dessert 4.1%</span><br><span class=\"muted\">R² 0.83</span></td>";
    assert!(page.contains(row));
    assert!(page.contains("<td><span class=\"muted\">–</span></td>"));
    let (_, list) = page.split_once("<details class=\"figure-list\">").unwrap();
    let (list, _) = list.split_once("</details>").unwrap();
    assert_eq!(list.matches("<li><a href=\"#fig-").count(), 6);
    assert!(page.contains("<li><a href=\"#part-fig-saliency\">顯著圖</a></li>"));
}

#[test]
fn parts_of_pictures_say_what_they_stand_for() {
    let mut report = sample::report("en");
    let tiles = tiles(&mut report);
    tiles[0].links = Links {
        group: Some(0),
        segments: Some(SegmentMap {
            width: 2,
            height: 1,
            labels: vec![7, 300],
        }),
        ..Links::default()
    };
    let part = |key, x_px| Part {
        key,
        x_px,
        y_px: 0.5,
        width_px: 40.0,
        height_px: 25.0,
    };
    tiles[1].links.parts = vec![part(300, 0.0), part(7, 40.0)];
    tiles[2].links.thumbnails = Some(Thumbnails {
        sheet: tiles[2].image.clone(),
        width_px: 112,
        height_px: 56,
        columns: 2,
        names: vec![(7, "\"a\" <b>.jpg".to_owned())],
    });
    let page = html(&report).unwrap();
    let (_, tile) = page
        .split_once("<div class=\"tile\" data-group=\"0\"")
        .unwrap();
    assert!(tile.starts_with(" data-segments=\""));
    assert!(tile.contains(" data-columns=\"2\" data-rows=\"1\">"));
    let labels = STANDARD
        .decode(attribute(tile, " data-segments=\""))
        .unwrap();
    let mut planes = Vec::new();
    flate2::read::ZlibDecoder::new(&labels[..])
        .read_to_end(&mut planes)
        .unwrap();
    assert_eq!(planes, [7, 44, 0, 1], "low bytes, then high ones");
    assert!(page.contains(" data-parts=\"300,0,0.5,40,25;7,40,0.5,40,25\">"));
    assert!(page.contains(" data-sheet-size=\"224,224,112,56\""));
    assert!(page.contains(" data-photos=\"[[7,&quot;"), "escaped");
    // A figure whose pictures are all stages of one is a film.
    assert!(!page.contains("class=\"frames\""));
    let mut report = sample::report("en");
    let Block::Explanation(explanation) = &mut report.sections[0].blocks[0] else {
        panic!("an explanation")
    };
    let Drawing::Grid { tiles, .. } = &mut explanation.figures[0].drawing else {
        panic!("a grid")
    };
    for tile in tiles {
        tile.links.is_stage = true;
        tile.layers = None;
    }
    assert!(
        html(&report)
            .unwrap()
            .contains("<figure id=\"fig-saliency\" class=\"frames\">")
    );
}

/// A page a section: each figure once, no link that leads nowhere, and the policy of each.
#[test]
fn a_split_report_has_every_figure_once_and_whole_links() {
    let report = sample::report("zh-TW");
    let pages = split(&report, "報告 1").unwrap();
    let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "報告 1.html",
            "報告 1-question-1.html",
            "報告 1-question-2.html"
        ]
    );
    for figure in report.figures() {
        let place = format!("<figure id=\"{}\"", figure.id);
        let table = format!("<figure class=\"table\" id=\"{}\"", figure.id);
        let with = |(_, page): &&(String, String)| page.contains(&place) || page.contains(&table);
        assert_eq!(pages.iter().filter(with).count(), 1, "{}", figure.id);
    }
    let overview = &pages[0].1;
    assert!(
        overview
            .contains("<a href=\"%E5%A0%B1%E5%91%8A%201-question-1.html#fig-saliency\">圖 1</a>")
    );
    assert!(!overview.contains("<figure") && overview.contains("class=\"prose introduction\""));
    let first = &pages[1].1;
    assert!(
        first.contains("<a href=\"#fig-saliency\">圖 1</a>"),
        "a link within the page stays one"
    );
    assert!(first.contains("rel=\"prev\" href=\"%E5%A0%B1%E5%91%8A%201.html\""));
    assert!(first.contains("rel=\"next\" href=\"%E5%A0%B1%E5%91%8A%201-question-2.html\""));
    for (name, page) in &pages {
        assert!(
            page.contains("http-equiv=\"Content-Security-Policy\""),
            "{name}"
        );
        assert!(
            page.contains("#question-2\">"),
            "the contents of {name} have every question"
        );
        let (body, _) = page.split_once("<script>").unwrap();
        for link in body.split("<a href=\"#").skip(1) {
            let target = link.split('"').next().unwrap();
            assert!(
                page.contains(&format!(" id=\"{target}\"")),
                "{name}: {target}"
            );
        }
    }
}
