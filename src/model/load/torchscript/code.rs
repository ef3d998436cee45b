//! Reads the code of TorchScript for what it may do, without running or compiling it.
//!
//! A call is a name with a bracket behind it, and each has to be of one of these forms. Nothing else may
//! be called, so that a function in a variable (`f = x.save; f("file")`) leads nowhere.
//!
//! ```text
//! torch.NAME(…)  ops.prim.NAME(…)  NAME(…)    NAME is in a list of `allowed`
//! x.NAME(…)                                   the same list as for torch, or NAME begins with forward
//! self.NAME(…)                                any method of the module, whose code is read too
//! __torch__.….NAME(…)                         any function of the file, whose code is read too
//! _0(…)                                       where `_0` is nothing but such a function
//! ```
//!
//! A loop has to say how often it runs (`bounds`), and loops within loops may not run too often together (`chains`).
//! Texts may not grow out of texts (`growth`). What all of it takes is bounded when it first runs (`memory`).

use super::allowed::{BUILT_IN, OPERATORS, PRIMITIVES, REFUSED};
use super::tokens::{DOT, OPEN, Token, tokens};
use super::{bounds, growth};

/// `Err` says what the code does: `calls …`.
pub fn check(texts: &[String]) -> Result<(), String> {
    texts.iter().try_for_each(|text| {
        bounds::check_depth(text)?;
        check_text(text)
    })
}

fn check_text(text: &str) -> Result<(), String> {
    let tokens = tokens(text)?;
    growth::check(&tokens)?;
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| tokens[at]);
        let next = tokens.get(at + 1).copied();
        match *token {
            Token::Word(word) => {
                if before == Some(Token::Sign(b'.')) {
                    attribute(&tokens, at, word)?;
                } else {
                    root(&tokens, at, word)?;
                }
            }
            // A call of what is no name.
            Token::Sign(b')' | b']' | b'}') | Token::Literal | Token::Number(_)
                if next == Some(OPEN) =>
            {
                return Err("calls the result of a calculation".to_owned());
            }
            Token::Sign(b'@' | b'`' | b';') => {
                return Err("has signs that TorchScript does not write".to_owned());
            }
            _ => {}
        }
    }
    Ok(())
}

/// A word that begins a chain of names.
fn root(tokens: &[Token], at: usize, word: &str) -> Result<(), String> {
    let token = |offset: usize| tokens.get(at + offset).copied();
    let called = token(1) == Some(OPEN);
    match (word, token(1), token(2)) {
        ("torch", Some(DOT), Some(Token::Word(name))) => {
            if OPERATORS.contains(&name) && token(3) != Some(DOT) {
                return Ok(());
            }
            Err(format!("calls `torch.{name}`, which is not allowed"))
        }
        ("ops", Some(DOT), Some(Token::Word(space))) => match (token(3), token(4), token(5)) {
            (Some(DOT), Some(Token::Word(name)), Some(OPEN))
                if space == "prim" && PRIMITIVES.contains(&name) =>
            {
                Ok(())
            }
            (Some(DOT), Some(Token::Word(name)), _) => {
                Err(format!("calls `ops.{space}.{name}`, which is not allowed"))
            }
            _ => Err(format!("uses `ops.{space}`, which is not allowed")),
        },
        ("torch" | "ops", _, _) => Err(format!("puts `{word}` into a variable")),
        // So that it is the module and nothing else.
        ("self", Some(DOT), _) => Ok(()),
        ("self", Some(Token::Sign(b':')), Some(Token::Word("__torch__"))) => Ok(()),
        ("self", Some(Token::Sign(b')')), Some(DOT)) if behind(tokens, at, &[OPEN]) => Ok(()),
        ("self", Some(Token::Sign(b',')), Some(Token::Literal))
            if behind(tokens, at, &[Token::Word("getattr"), OPEN]) =>
        {
            Ok(())
        }
        ("self", _, _) => Err("uses `self` in a way that TorchScript never writes".to_owned()),
        ("__torch__", Some(DOT), _) => Ok(()),
        (word, _, _) if REFUSED.contains(&word) => {
            Err(format!("uses `{word}`, which is not allowed"))
        }
        ("range", Some(OPEN), _) => bounds::check_range(&tokens[at + 2..]),
        (word, _, _) if called => {
            let before = at.checked_sub(1).map(|at| tokens[at]);
            let defined = matches!(before, Some(Token::Word("def" | "class")));
            if defined && ["__setstate__", "__getstate__"].contains(&word) {
                return Err(format!("runs as it is loaded (`{word}`)"));
            }
            let known = KEYWORDS.contains(&word) || BUILT_IN.contains(&word);
            if defined || known || is_own_function(tokens, word) {
                return Ok(());
            }
            Err(format!("calls `{word}`, which is not allowed"))
        }
        _ => Ok(()),
    }
}

/// Whether the tokens before `at` are these.
fn behind(tokens: &[Token], at: usize, expected: &[Token]) -> bool {
    tokens[..at].ends_with(expected)
}

/// Words that may stand before a bracket and call nothing.
const KEYWORDS: &[&str] = &[
    "return", "if", "elif", "in", "not", "and", "or", "is", "else", "assert",
];

/// `(self).`, as scripts have it.
const OF_SELF: &[Token] = &[OPEN, Token::Word("self"), Token::Sign(b')'), DOT];

/// Whether the word stands for functions of the file throughout the text: `_0 = __torch__.…`, and is
/// otherwise only called.
fn is_own_function(tokens: &[Token], word: &str) -> bool {
    let uses = tokens
        .iter()
        .enumerate()
        .filter(|(at, token)| **token == Token::Word(word) && (*at == 0 || tokens[at - 1] != DOT));
    let mut bound = false;
    for (at, _) in uses {
        match (tokens.get(at + 1), tokens.get(at + 2)) {
            (Some(&OPEN), _) => {}
            (Some(Token::Sign(b'=')), Some(Token::Word("__torch__"))) => bound = true,
            _ => return false,
        }
    }
    bound
}

/// A word behind a dot.
fn attribute(tokens: &[Token], at: usize, word: &str) -> Result<(), String> {
    if tokens.get(at + 1) != Some(&OPEN) || OPERATORS.contains(&word) {
        return Ok(());
    }
    let mut first = at;
    while first >= 2 && tokens[first - 1] == DOT && matches!(tokens[first - 2], Token::Word(_)) {
        first -= 2;
    }
    let allowed = match tokens[first] {
        Token::Word("torch" | "ops" | "__torch__") => true, // the root was looked at
        Token::Word("self") => at == first + 2,
        _ => behind(tokens, at, OF_SELF),
    };
    // No operator of libtorch begins with forward.
    if allowed || word.starts_with("forward") {
        return Ok(());
    }
    Err(format!("calls the method `{word}`, which is not allowed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        check(&[text.to_owned()]).expect_err("should be refused")
    }

    #[test]
    fn what_pytorch_writes_for_a_network_is_let_through() {
        let text = r#"class Net(Module):
  __parameters__ = ["weight", ]
  def forward(self: __torch__.torchvision.models.Net,
    x: Tensor) -> Tensor:
    conv = self.conv  # a comment that says torch.save(
    for _6 in range(torch.len(_5)):
      x = torch.add(x, _5[_6])
    for i in range(torch.sub(torch.len(_5), 2)):
      x = torch.add(x, i)
    for i in range(3):
      x = torch.add(x, i)
    _0 = __torch__.torch.nn.functional.___torch_mangle_1.softmax
    _1 = _0(x, 1, )
    x0 = (conv).forward__0(torch.add(x, 1.5e-5), )
    if torch.gt(torch.len(torch.size(x0)), 2):
      ops.prim.RaiseException(torch.format("print({})", x0), "builtins.ValueError")
    else:
      pass
    _2 = (getattr(self, "1")).forward((self)._conv_forward(x0, ), )
    return self._forward_impl(torch.view(x0, [int(torch.size(x0, 0)), -1]))
"#;
        assert_eq!(check(&[text.to_owned()]), Ok(()));
    }

    #[test]
    fn everything_that_is_not_listed_is_refused_by_name() {
        for (text, named) in [
            ("torch.save(x, \"file\")", "torch.save"),
            ("torch.from_file(\"file\")", "torch.from_file"),
            ("torch . save(x)", "torch.save"),
            ("ops.aten.save(x)", "ops.aten.save"),
            ("ops.image.write_file(x)", "ops.image.write_file"),
            ("ops.prim.rpc_async(x)", "ops.prim.rpc_async"),
            ("x.save(\"file\")", "method `save`"),
            ("(x).save(\"file\")", "method `save`"),
            ("self.conv.save(\"file\")", "method `save`"),
            ("f = x.save\nf(\"file\")", "calls `f`"),
            ("f = __torch__.g\nf = x.save\nf(\"file\")", "calls `f`"),
            (
                "f = __torch__.g\nf, h = x.save, 1\nf(\"file\")",
                "calls `f`",
            ),
            (
                "f = __torch__.g\nfor f in [x.save]:\n  f(\"file\")",
                "calls `f`",
            ),
            ("(x.save)(\"file\")", "result of a calculation"),
            ("[x.save][0](\"file\")", "result of a calculation"),
            ("t = torch\nt.save(x)", "`torch` into a variable"),
            ("o = ops.aten\no.save(x)", "`ops.aten`"),
            ("f = torch.save", "torch.save"),
            ("print(x)", "`print`"),
            ("p = print", "`print`"),
            ("fork(self.f, x)", "`fork`"),
            ("import os", "`import`"),
            ("while True:\n  pass", "`while`"),
            ("self, y = x, x\nself.save(\"file\")", "`self`"),
            ("(self) = x\n(self).save(\"file\")", "`self`"),
            ("((self).x).save(\"file\")", "method `save`"),
            ("self = x\nself.save(\"file\")", "`self`"),
            ("def f(self: Tensor):\n  self.save(\"file\")", "`self`"),
            ("def __setstate__(self: __torch__.A)", "__setstate__"),
            ("x = \"\"\"", "triple"),
            ("x = \"a", "without an end"),
            ("torch\\\n.save(x)", "characters"),
            (
                "for i in range(1000000000000):\n  pass",
                "1000000000000 times",
            ),
            ("n = 9\nfor i in range(n):\n  pass", "does not say"),
            ("for i in range(torch.mul(9, 9)):\n  pass", "does not say"),
            ("for i in range(torch.len(x), 9):\n  pass", "does not say"),
            ("r = range\nfor i in r(9):\n  pass", "calls `r`"),
            (
                "class A(Module):\n  torch : Tensor",
                "`torch` into a variable",
            ),
            ("class A(Module):\n  self : Tensor", "`self`"),
        ] {
            let said = refused(text);
            assert!(said.contains(named), "{text}: {said}");
        }
    }
}
