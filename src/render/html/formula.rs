//! Formulas in LaTeX's language as MathML, which browsers set without a script.

use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};

use crate::render::escaped;

/// The formula; its source where it is in no language that we know, so that nothing is lost.
pub(super) fn html(source: &str, display: MathDisplay) -> String {
    let converter = LatexToMathML::new(MathCoreConfig::default()).ok();
    let converted = converter.and_then(|it| it.convert_with_local_state(source, display).ok());
    match converted {
        Some(converted) => without_styles(&converted.mathml),
        None => as_source(source, display),
    }
}

fn as_source(source: &str, display: MathDisplay) -> String {
    match display {
        MathDisplay::Inline => format!("<code class=\"math\">${}$</code>", escaped(source)),
        MathDisplay::Block => {
            let source = escaped(source.trim_matches('\n'));
            format!("<code class=\"math display\">$$\n{source}\n$$</code>")
        }
    }
}

/// The page's policy forbids style attributes: colours and widths of a formula are left out.
fn without_styles(mathml: &str) -> String {
    const ATTRIBUTE: &str = " style=\"";
    let mut parts = mathml.split(ATTRIBUTE);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // Quotation marks in texts are escaped, so the next one ends the attribute.
        kept.push_str(part.split_once('"').map_or(part, |(_, rest)| rest));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_set_and_unknown_ones_stay_as_they_are() {
        let gradient = html("\\frac{\\partial y}{\\partial x_c}", MathDisplay::Inline);
        assert!(
            gradient.starts_with("<math") && gradient.ends_with("</math>"),
            "{gradient}"
        );
        assert!(
            gradient.contains("<mfrac>") && gradient.contains("<msub>"),
            "{gradient}"
        );
        let block = html("x^2", MathDisplay::Block);
        assert!(block.starts_with("<math display=\"block\""), "{block}");
        assert_eq!(
            html("\\nosuch<b>", MathDisplay::Inline),
            "<code class=\"math\">$\\nosuch&lt;b&gt;$</code>"
        );
    }

    #[test]
    fn a_formula_brings_no_tag_and_no_style_of_its_own() {
        for source in [
            "\\text{<script>alert(1)</script> \" style=\"x\" onclick=\"y}",
            "\\color{red}x",
            "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}",
            "\\href{javascript:x}{y}",
            "a < b > c",
        ] {
            let html = html(source, MathDisplay::Block);
            assert!(
                !html.contains("<script") && !html.contains("href=\""),
                "{html}"
            );
            assert!(
                !html.contains(" style=\"") && !html.contains(" onclick=\""),
                "{html}"
            );
        }
    }
}
