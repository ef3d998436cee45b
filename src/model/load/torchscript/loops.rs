//! How often the loops of a function run together, where one lies within another.

use super::tokens::literal;

/// Of the lines read so far.
pub struct Loops {
    /// Rounds of the innermost loops together with those around them; 1 where there is none.
    pub most: u64,
    /// Indent of each loop that is open, with the rounds of all up to it.
    open: Vec<(usize, u64)>,
    /// Brackets that are open: a line within them begins where it likes.
    brackets: usize,
}

impl Default for Loops {
    fn default() -> Self {
        Self {
            most: 1,
            open: Vec::new(),
            brackets: 0,
        }
    }
}

impl Loops {
    pub fn read(&mut self, line: &str) -> Result<(), String> {
        let text = line.trim_start();
        let ignored = text.is_empty() || text.starts_with('#') || self.brackets > 0;
        if !ignored {
            let indent = line.len() - text.len();
            while self.open.last().is_some_and(|(of, _)| *of >= indent) {
                self.open.pop();
            }
            if text.starts_with("for ") {
                let around = self.open.last().map_or(1, |(_, rounds)| *rounds);
                let rounds = around.saturating_mul(rounds(text));
                self.most = self.most.max(rounds);
                self.open.push((indent, rounds));
            }
        }
        self.count_brackets(line.as_bytes())
    }

    fn count_brackets(&mut self, line: &[u8]) -> Result<(), String> {
        let mut at = 0;
        while let Some(byte) = line.get(at) {
            match byte {
                b'#' => break,
                b'"' | b'\'' => at += literal(&line[at..])?.max(1) - 1,
                b'(' | b'[' | b'{' => self.brackets += 1,
                b')' | b']' | b'}' => self.brackets = self.brackets.saturating_sub(1),
                _ => {}
            }
            at += 1;
        }
        Ok(())
    }
}

/// The number in `for i in range(3):`. Lists, whose length the code does not say, count once.
fn rounds(text: &str) -> u64 {
    let inside = text.split_once("range").map_or("", |(_, inside)| inside);
    let inside = inside.trim_start().trim_start_matches('(').trim_start();
    let digits = inside.find(|c: char| !c.is_ascii_digit());
    let number = &inside[..digits.unwrap_or(inside.len())];
    number.parse().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn most(text: &str) -> u64 {
        let mut loops = Loops::default();
        text.lines().for_each(|line| loops.read(line).unwrap());
        loops.most
    }

    #[test]
    fn loops_within_loops_multiply_and_loops_behind_one_another_do_not() {
        assert_eq!(most("x = 1\n"), 1);
        assert_eq!(
            most("for i in range(3):\n  x = 1\nfor j in range(4):\n  y = 1\n"),
            4
        );
        assert_eq!(
            most("for i in range(3):\n  for j in range(4):\n    y = 1\n"),
            12
        );
        assert_eq!(
            most("for i in range(3):\n  for j in range(torch.len(x)):\n    y = 1\n"),
            3
        );
    }

    /// Brackets, texts and comments do not end a loop.
    #[test]
    fn lines_that_begin_where_they_like_end_no_loop() {
        let within = "for i in range(3):\n  x = f(\ny)\n# x\n\n  for j in range(4):\n    y = 1\n";
        assert_eq!(most(within), 12);
        let quoted = "for i in range(3):\n  x = \")\"\n  for j in range ( 4 ):\n    y = \"(\"\n    for k in range(5):\n      z = 1\n";
        assert_eq!(most(quoted), 60);
    }
}
