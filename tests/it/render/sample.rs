//! A report with everything in it: Chinese, two questions, grids, charts, tables, notices, hostile text.

use cnn_report::figure::{Drawing, Image, Layers, LevelMap, Media, Numbers, Tile, View};
use cnn_report::present::exhibit::Sign;
use cnn_report::report::number::Numbering;
use cnn_report::report::{
    Block, Explanation, Figure, Report, Section, Summary, SummaryCell, SummaryMethod, SummaryPhoto,
};
use cnn_report::words::Message;
use cnn_report::words::Strings;

const SIZE_PX: usize = 224;

pub fn report(language: &str) -> Report {
    let strings = Strings::new(language).unwrap();
    let mut numbering = Numbering::new(
        &strings,
        [
            "saliency", "filters", "answers", "curve", "portrait", "long",
        ],
    );
    let sections = vec![
        first_question(&mut numbering),
        second_question(&mut numbering),
    ];
    let pair = |label: &str, value: &str| (strings.get(label).to_owned(), value.to_owned());
    let mut report = Report {
        strings: strings.clone(),
        look: cnn_report::report::Look::default(),
        title: "卷積網路在看什麼？食物分類模型的解釋".to_owned(),
        byline: vec![
            pair("prepared_by", "王小明"),
            pair("course", "機器學習 2026"),
            pair("date", "2026-11-22"),
        ],
        introduction: INTRODUCTION.to_owned(),
        sections,
        summary: summary(),
        provenance: vec![
            pair("provenance_version", "cnn-report 0.1.0"),
            pair("provenance_model", "models/food11.pt2"),
            pair(
                "provenance_sha256",
                "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            ),
            pair("provenance_device", "CPU"),
            pair("provenance_libtorch", "2.13.0"),
            pair("provenance_seed", "0"),
            pair("provenance_input", "photos/egg.jpg, photos/coffee.png"),
        ],
        notices: vec!["「LIME」無法完成：影像 <coffee> 讀不到".to_owned()],
    };
    numbering.resolve(&mut report);
    report
}

/// Two photos, one of which the second method does not have.
fn summary() -> Summary {
    let method = |title: &str, id: &str, name: &str| SummaryMethod {
        title: title.to_owned(),
        figure: (id.to_owned(), name.to_owned()),
    };
    let photo = |name: &str, cells| SummaryPhoto {
        name: name.to_owned(),
        class: "Egg".to_owned(),
        probability: "91.2%".to_owned(),
        cells,
    };
    let fit = SummaryCell {
        class: "Dessert 4.1%".to_owned(),
        fit: "R² 0.83".to_owned(),
    };
    Summary {
        methods: vec![
            method("顯著圖", "fig-saliency", "圖 1"),
            method("預測", "fig-answers", "表 1"),
        ],
        photos: vec![
            photo("egg", vec![Some(SummaryCell::default()), Some(fit)]),
            photo("coffee", vec![Some(SummaryCell::default()), None]),
        ],
    }
}

const INTRODUCTION: &str = "這份報告用四種方法檢視同一個模型：**「顯著圖」**、**濾波器**、預測與學習曲線。\n\
所有圖都由同一份 `report.yaml` 產生。\n";

const PROMPT: &str =
    "請畫出三張照片的 saliency map，並說明模型在看**什麼地方。**與你的直覺相符嗎？";

const ANSWER: &str = "\
如{fig:saliency}所示，模型看的是**「蛋黃」**周圍，而不是盤子。各類別的機率列在{fig:answers}，
其中 Egg 的機率最高（*91.2%*），第二名 Dairy 只有 4.1%[^1]。這與我的直覺相符：去掉蛋黃之後，
分數由 8.31 降到 2.07。

# 幾點觀察

1. 邊緣的梯度大，因為第一層是邊緣偵測器；
2. 背景**（桌布）**幾乎沒有貢獻；
3. 詳見 [Simonyan 等人的論文](https://example.org/saliency)。

> 顯著圖說的是「哪裡改變會影響分數」，不是「哪裡支持這個類別」。

| 照片 | 真實類別 | 分數 |
|------|:--------:|-----:|
| egg | Egg | 8.31 |
| coffee | Dessert | 3.90 |

- [x] 檢查過符號
- [ ] 檢查過隨機初始化的模型

```python
score = model(x)[0, label]
score.backward()          # **「不是粗體」**文字
```

<script>alert(\"不會執行\")</script>

[^1]: softmax 之後的值；分數（logit）差 3.1。
";

fn first_question(numbering: &mut Numbering) -> Section {
    let photos = ["egg", "coffee", "bread"];
    let mut tiles = Vec::new();
    for (index, photo) in photos.iter().enumerate() {
        tiles.push(tile(&format!("{photo}（照片）"), photograph(index)));
    }
    for (index, photo) in photos.iter().enumerate() {
        let label = format!("{photo}：Egg 的分數對像素的梯度，類別 {index} [0, 1]");
        let mut tile = tile(&label, heat(index));
        tile.layers = Some(Layers {
            view: View::Overlay,
            photo: Some(photograph(index)),
            map: Some(map(index)),
            cover: None,
        });
        tiles.push(tile);
    }
    let maps = Drawing::Grid {
        columns: 3,
        tiles,
        colour_bar: Some(colour_bar()),
    };
    let table = Drawing::Table {
        header: ["照片", "類別", "機率", "分數"].map(str::to_owned).to_vec(),
        rows: vec![
            ["egg", "Egg", "91.2%", "8.31"].map(str::to_owned).to_vec(),
            ["coffee", "Dessert | Dairy", "54.0%", "3.90"]
                .map(str::to_owned)
                .to_vec(),
            ["bread", "`Bread` <b>", "12.5%", "−0.31"]
                .map(str::to_owned)
                .to_vec(),
        ],
        numeric: vec![false, false, true, true],
    };
    let saliency = numbering.figure(
        "saliency",
        &Message::literal("三張照片與各自的顯著圖：分數對每個像素的梯度，取三個色版中絕對值的最大值。每張圖以自己的第 99 百分位為上限，超過的截去。"),
        &Message::literal("egg 的顯著圖有 72% 落在畫面中央三分之一；coffee 與 bread 分別是 41% 與 55%"),
        maps,
    );
    let answers = numbering.figure(
        "answers",
        &Message::literal("模型對三張照片的預測；機率是 softmax 之後的值。"),
        &Message::literal("三列的表格：egg 91.2%，coffee 54.0%，bread 12.5%"),
        table,
    );
    Section {
        is_question: true,
        id: "question-1".to_owned(),
        number: 1,
        title: "顯著圖（saliency map）".to_owned(),
        points: Some("2.5".to_owned()),
        prompt: PROMPT.to_owned(),
        blocks: vec![Block::Explanation(explanation(
            "saliency",
            "顯著圖",
            vec![saliency, answers],
        ))],
        answer: ANSWER.to_owned(),
    }
}

fn second_question(numbering: &mut Numbering) -> Section {
    let tiles = (0..7).map(|index| tile(&format!("濾波器 {}", index * 9), heat(index + 3)));
    let filters = Drawing::Grid {
        columns: 4,
        tiles: tiles.collect(),
        colour_bar: None,
    };
    let filters = numbering.figure(
        "filters",
        &Message::literal(
            "第 2 個卷積層的七個濾波器：使其平均活化最大的影像，由雜訊開始做 50 步梯度上升。",
        ),
        &Message::literal("七張影像：四張是條紋，三張是斑點；其中濾波器 27 始終為零"),
        filters,
    );
    let single = |image: Image, label: &str| Drawing::Grid {
        columns: 1,
        tiles: vec![Tile::new(label.to_owned(), image)],
        colour_bar: None,
    };
    let mut charted = single(chart(), "");
    if let Drawing::Grid { tiles, .. } = &mut charted {
        tiles[0].numbers = Some(Numbers {
            header: vec!["步數".to_owned(), "活化, <平均>".to_owned()],
            rows: vec![vec!["0".to_owned(), "0.2".to_owned()]],
        });
    }
    let curve = numbering.figure(
        "curve",
        &Message::literal("平均活化隨梯度上升的步數而變。"),
        &Message::literal("折線圖：活化由 0.2 升到 7.9，前十步升得最快"),
        charted,
    );
    let portrait = numbering.figure(
        "portrait",
        &Message::literal("同一張照片，逐步放大。"),
        &Message::literal("一張照片：中央有一個亮圓"),
        single(photograph(1), "步數 50"),
    );
    let bars = (0..3).map(|index| Tile::new(format!("照片 {index}"), bars(index)));
    let bars = Drawing::Grid {
        columns: 3,
        tiles: bars.collect(),
        colour_bar: None,
    };
    let bars = numbering.figure(
        "long",
        &Message::literal("每張照片機率最高的三個類別。"),
        &Message::literal("三張長條圖：Egg 91%、Dessert 54%、Bread 12% 各居首位"),
        bars,
    );
    let mut first = explanation("filters", "濾波器視覺化", vec![filters]);
    first.notices = vec!["濾波器 27 對所有輸入都是零（dead filter），沒有可畫的影像。".to_owned()];
    Section {
        is_question: true,
        id: "question-2".to_owned(),
        number: 2,
        title: "濾波器看到了什麼".to_owned(),
        points: None,
        prompt: "選一層，說明它的濾波器對什麼有反應。".to_owned(),
        blocks: vec![
            Block::Text("先看整層的濾波器，再看{fig:curve}的收斂情形。".to_owned()),
            Block::Explanation(first),
            Block::Explanation(explanation(
                "filters",
                "活化的變化",
                vec![curve, portrait, bars],
            )),
        ],
        answer: "見**{fig:filters}**與**{fig:long}**[^1]。\n\n[^1]: 第二題自己的註腳。".to_owned(),
    }
}

fn explanation(method: &'static str, title: &str, figures: Vec<Figure>) -> Explanation {
    Explanation {
        id: format!("part-{}", figures[0].id),
        method,
        title: title.to_owned(),
        is_placed: false,
        figures,
        notices: Vec::new(),
        parameters: vec![
            ("layer".to_owned(), "features.3".to_owned()),
            ("filters".to_owned(), "[0, 9, 18, 27]".to_owned()),
            ("range".to_owned(), "a|b".to_owned()),
        ],
        reading: "越亮的像素，分數對它越**「敏感」**。只在同一張圖內比較亮度。".to_owned(),
        misleading: "梯度是局部的：亮不代表支持該類別，暗也不代表無用（飽和）。".to_owned(),
        citations: vec![
            "Simonyan, Vedaldi & Zisserman, Deep Inside Convolutional Networks, ICLR 2014"
                .to_owned(),
        ],
    }
}

fn tile(label: &str, image: Image) -> Tile {
    Tile::new(label.to_owned(), image)
}

fn encode(colour: impl Fn(f64, f64) -> [u8; 3], format: image::ImageFormat) -> Vec<u8> {
    let size = u32::try_from(SIZE_PX).unwrap();
    let picture = image::RgbImage::from_fn(size, size, |x, y| {
        let unit = |at: u32| f64::from(at) / f64::from(size) * 2.0 - 1.0;
        image::Rgb(colour(unit(x), unit(y)))
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Made up: a bright disc on a table.
fn photograph(variant: usize) -> Image {
    let shift = variant as f64 * 0.25;
    let bytes = encode(
        |x, y| {
            let radius = ((x - shift + 0.3).powi(2) + y * y).sqrt();
            let byte = |value: f64| (value.clamp(0.0, 1.0) * 255.0) as u8;
            if radius < 0.3 {
                [250, byte(0.85 - radius), 60]
            } else if radius < 0.75 {
                [
                    byte(0.98 - radius * 0.1),
                    byte(0.96 - radius * 0.1),
                    byte(0.9 - radius * 0.1),
                ]
            } else {
                [
                    byte(0.35 + y * 0.1),
                    byte(0.45 + x * 0.1),
                    byte(0.55 - shift * 0.3),
                ]
            }
        },
        image::ImageFormat::Jpeg,
    );
    Image {
        media: Media::Jpeg(bytes),
        width_px: SIZE_PX,
        height_px: SIZE_PX,
    }
}

/// Made up: waves in a dark palette.
fn heat(variant: usize) -> Image {
    let frequency = 4.0 + variant as f64 * 3.0;
    let bytes = encode(
        |x, y| {
            let wave = ((x * frequency).sin() * (y * frequency * 0.7).cos()).abs();
            let value = wave * (-(x * x + y * y) * 1.5).exp();
            [
                (value * 250.0) as u8,
                (value * 200.0) as u8,
                (80.0 + value * 60.0) as u8,
            ]
        },
        image::ImageFormat::Png,
    );
    Image {
        media: Media::Png(bytes),
        width_px: SIZE_PX,
        height_px: SIZE_PX,
    }
}

/// Made up: one bright cell of four.
fn map(variant: usize) -> LevelMap {
    let mut values = [0.0_f32; 4];
    values[variant % 4] = 1.0;
    let levels = image::GrayImage::from_fn(2, 2, |x, y| {
        image::Luma([(values[(y * 2 + x) as usize] * 255.0) as u8])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    levels
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    LevelMap {
        width: 2,
        height: 2,
        levels: bytes.into_inner(),
        values: values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
        sign: Sign::Unsigned,
        low: 0.0,
        high: 1.0,
        gamma: 1.0,
        is_shared: false,
        range: "[0, 1]".to_owned(),
    }
}

fn svg(width_px: usize, height_px: usize, body: &str) -> Image {
    let text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width_px}\" height=\"{height_px}\" viewBox=\"0 0 {width_px} {height_px}\" font-family=\"sans-serif\" font-size=\"13\" fill=\"currentColor\">{body}</svg>"
    );
    Image {
        media: Media::Svg(text),
        width_px,
        height_px,
    }
}

fn colour_bar() -> Image {
    svg(
        360,
        40,
        "<defs><linearGradient id=\"scale\"><stop offset=\"0\" stop-color=\"#440154\"/><stop offset=\"1\" stop-color=\"#fde725\"/></linearGradient></defs><rect width=\"360\" height=\"14\" fill=\"url(#scale)\"/><text x=\"0\" y=\"32\">0</text><text x=\"180\" y=\"32\" text-anchor=\"middle\">|梯度|</text><text x=\"360\" y=\"32\" text-anchor=\"end\">0.031</text>",
    )
}

fn chart() -> Image {
    svg(
        640,
        300,
        "<path d=\"M60 20V260H620\" fill=\"none\" stroke=\"currentColor\"/><path d=\"M60 255 C120 120 200 60 620 40\" fill=\"none\" stroke=\"#2a7fb8\" stroke-width=\"2.5\"/><text x=\"340\" y=\"292\" text-anchor=\"middle\">步數</text><text x=\"50\" y=\"30\" text-anchor=\"end\">8</text><text x=\"50\" y=\"262\" text-anchor=\"end\">0</text>",
    )
}

fn bars(variant: usize) -> Image {
    let length = 200 - 60 * variant;
    svg(
        300,
        110,
        &format!(
            "<clipPath id=\"clip\"><rect width=\"300\" height=\"110\"/></clipPath><g clip-path=\"url(#clip)\"><text x=\"0\" y=\"25\">Egg</text><rect x=\"60\" y=\"12\" width=\"{length}\" height=\"18\" fill=\"#2a7fb8\"/><text x=\"0\" y=\"60\">Dessert</text><rect x=\"60\" y=\"47\" width=\"40\" height=\"18\" fill=\"#2a7fb8\"/><text x=\"0\" y=\"95\">Bread</text><rect x=\"60\" y=\"82\" width=\"22\" height=\"18\" fill=\"#2a7fb8\"/></g>"
        ),
    )
}
