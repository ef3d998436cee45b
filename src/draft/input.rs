//! What a draft says of the preprocessing, which no model file tells for sure.

use super::Language;
use crate::inspect::trial::{Row, Trial};

/// Lines below `model:`.
pub struct Input {
    pub comment: Vec<String>,
    pub lines: Vec<String>,
}

/// By labelled photos where there are some, else by the architecture, else ImageNet's with the doubt said.
pub fn input(architecture: Option<&str>, trial: Option<&Trial>, language: Language) -> Input {
    // In the order of `Language`.
    let said = |[english, japanese, simplified, traditional]: [String; 4]| {
        vec![match language {
            Language::English => english,
            Language::Japanese => japanese,
            Language::SimplifiedChinese => simplified,
            Language::TraditionalChinese => traditional,
        }]
    };
    if let Some((trial, best)) = trial.and_then(|trial| Some((trial, plainest(trial)?))) {
        let (right, photos, setting) = (best.right, trial.photos, &best.setting);
        let equals = trial.indistinguishable_from_best().count();
        let mut comment = said([
            format!("Tried on labelled photos: {right} of {photos} are right as `{setting}`."),
            format!("ラベル付きの写真で試した：`{setting}` で {photos} 枚中 {right} 枚が正しい。"),
            format!("用有标签的照片试过：`{setting}` 时 {photos} 张答对 {right} 张。"),
            format!("以有標籤的照片試過：`{setting}` 時 {photos} 張答對 {right} 張。"),
        ]);
        if trial.is_near_chance() {
            comment.extend(said(
                [
                    "That is no better than guessing: are the labels those of the network's classes?",
                    "当て推量と変わらない：ラベルはネットワークのクラスか。",
                    "这与乱猜无异：这些标签是网络的类别吗？",
                    "這與亂猜無異：這些標籤是網路的類別嗎？",
                ]
                .map(str::to_owned),
            ));
        } else if equals > 1 {
            comment.extend(said([
                format!("{equals} settings cannot be told apart on so few photos; `cnn-report inspect --try` lists them."),
                format!("写真が少なく、{equals} 通りの設定に差がつかない。`cnn-report inspect --try` が一覧する。"),
                format!("照片太少，有 {equals} 种设置分不出高下；`cnn-report inspect --try` 会列出。"),
                format!("照片太少，有 {equals} 種設定分不出高下；`cnn-report inspect --try` 會列出。"),
            ]));
        }
        let lines = best.input_lines.lines().map(str::to_owned).collect();
        return Input { comment, lines };
    }
    match architecture {
        Some(name) => Input {
            comment: said([
                format!("Photos are prepared as for the published weights of {name}; were yours trained otherwise, say so in `input`."),
                format!("写真は {name} の公開された重みと同じように処理する。別の方法で訓練した重みなら `input` に書く。"),
                format!("照片按 {name} 公开权重的方式处理；若你的权重以别的方式训练，请写在 `input`。"),
                format!("照片依 {name} 公開權重的方式處理；若你的權重以別的方式訓練，請寫在 `input`。"),
            ]),
            lines: Vec::new(),
        },
        None => Input {
            comment: said([
                "How the network wants its photos is a guess: ImageNet's mean and deviation. `--labelled FOLDER` tries what fits.",
                "写真の処理は推測である：ImageNet の平均と標準偏差。`--labelled フォルダー` で合うものを試せる。",
                "照片如何处理只是猜测：ImageNet 的均值与标准差。`--labelled 文件夹` 可试出合适的设置。",
                "照片如何處理只是猜測：ImageNet 的平均與標準差。`--labelled 資料夾` 可試出合適的設定。",
            ].map(str::to_owned)),
            lines: vec!["  input: {preset: imagenet}".to_owned()],
        },
    }
}

/// Of the settings that the photos do not tell apart, a preset as it is: that one came out a photo ahead by another way
/// of resampling is chance.
fn plainest(trial: &Trial) -> Option<&Row> {
    let mut equals = trial.indistinguishable_from_best();
    let plain = equals.find(|row| !row.setting.contains(','));
    plain.or_else(|| trial.rows.first())
}
