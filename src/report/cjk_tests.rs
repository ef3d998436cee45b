//! Tests of `cjk`.

use super::*;

#[test]
fn bold_beside_chinese_becomes_explicit() {
    let cases = [
        ("**「重點」**文字", "<strong>「重點」</strong>文字"),
        ("這是**強調。**後面", "這是<strong>強調。</strong>後面"),
        ("文*（斜）*字", "文<em>（斜）</em>字"),
        ("看**`code`**的值", "看<strong>`code`</strong>的值"),
        (
            "見**[圖 3](#fig-a)**所示",
            "見<strong>[圖 3](#fig-a)</strong>所示",
        ),
        ("***「全」***部", "<em><strong>「全」</strong></em>部"),
        // CommonMark makes 與 bold here, and nothing else.
        (
            "**「甲」**與**「乙」**都",
            "<strong>「甲」</strong>與<strong>「乙」</strong>都",
        ),
        (
            "- **「甲」**乙\n- **丙**",
            "- <strong>「甲」</strong>乙\n- **丙**",
        ),
        (
            "| 甲 |\n|---|\n| **「乙」**丙 |",
            "| 甲 |\n|---|\n| <strong>「乙」</strong>丙 |",
        ),
        ("# **「甲」**乙", "# <strong>「甲」</strong>乙"),
        ("**「甲」**乙 3 * 4", "<strong>「甲」</strong>乙 3 \\* 4"),
    ];
    for (markdown, expected) in cases {
        assert_eq!(explicit_emphasis(markdown), expected);
    }
}

#[test]
fn what_commonmark_reads_right_is_left_alone() {
    let same = [
        "這是**重點**文字",
        "**重點**，以及 *斜體* 與 ***全部***",
        "plain *a* **b** ***c*** 2 * 3 * 4",
        "`**「重點」**文字`",
        "```\n**「重點」**文字\n```",
        "    **「重點」**文字",
        r"\*\*「重點」\*\*文字",
        "[a](http://x/**「b」**c)",
        "foo**(bar)**baz",
        "** 「不是」 **文字",
    ];
    for markdown in same {
        assert_eq!(explicit_emphasis(markdown), markdown);
    }
}

#[test]
fn a_second_pass_changes_nothing() {
    let once = explicit_emphasis("**「甲」**與***「乙」***都*（丙）*；**丁");
    assert_eq!(explicit_emphasis(&once), once);
}
