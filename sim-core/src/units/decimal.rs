//! A decimal number as it is written, before it becomes an integer or a float.
//!
//! Owns the syntax of numbers (`1_000`, `-2.5`, `1e3`) and of words for powers of ten (`k`, `million`, `bn`). Guarantees that
//! no digit is lost: what does not fit is refused.

/// `mantissa` x 10^`exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    mantissa: i128,
    exponent: i32,
}

/// More digits than any sensible quantity has, fewer than an `i128` holds.
const MAX_DIGITS: u32 = 36;
/// Beyond the range of `f64` on both sides.
const MAX_EXPONENT: i32 = 400;

impl Decimal {
    /// Splits `text` into its leading number and the trimmed rest. `None` if it does not start with a number.
    pub(super) fn split(text: &str) -> Option<(Self, &str)> {
        let text = text.trim();
        let bytes = text.as_bytes();
        let mut scan = Scan { bytes, at: 0 };
        let negative = scan.sign();
        let mut number = Decimal { mantissa: 0, exponent: 0 };
        let mut digits = 0;
        let whole = scan.digits(&mut number, &mut digits, 0)?;
        let mut fraction = 0;
        if scan.peek() == Some(b'.') {
            scan.at += 1;
            fraction = scan.digits(&mut number, &mut digits, -1)?;
        }
        if whole + fraction == 0 {
            return None;
        }
        number.exponent = number.exponent.checked_add(scan.exponent()?)?;
        if number.exponent.abs() > MAX_EXPONENT {
            return None;
        }
        if negative {
            number.mantissa = -number.mantissa;
        }
        Some((number, text[scan.at..].trim_start()))
    }

    /// Multiplied by 10^`power`.
    pub(super) fn times_ten_to(self, power: i32) -> Self {
        Self { exponent: self.exponent + power, ..self }
    }

    /// The integer, if it is one and fits.
    pub(super) fn to_integer(self) -> Option<i128> {
        if self.mantissa == 0 {
            return Some(0);
        }
        let power = 10_i128.checked_pow(self.exponent.unsigned_abs())?;
        if self.exponent >= 0 { self.mantissa.checked_mul(power) } else { (self.mantissa % power == 0).then_some(self.mantissa / power) }
    }

    /// The nearest float.
    pub(super) fn to_f64(self) -> f64 {
        format!("{}e{}", self.mantissa, self.exponent).parse().expect("digits and an exponent are a float")
    }
}

/// Power of ten that a word stands for.
pub(super) fn magnitude(word: &str) -> Option<i32> {
    match word {
        "" => Some(0),
        "k" | "thousand" => Some(3),
        "m" | "million" => Some(6),
        "bn" | "billion" => Some(9),
        "tn" | "trillion" => Some(12),
        _ => None,
    }
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn sign(&mut self) -> bool {
        let sign = self.peek();
        if matches!(sign, Some(b'-' | b'+')) {
            self.at += 1;
        }
        sign == Some(b'-')
    }

    /// Appends digits to `number`; each moves the exponent by `shift`. The number of digits read, `None` if too many.
    fn digits(&mut self, number: &mut Decimal, digits: &mut u32, shift: i32) -> Option<u32> {
        let mut read = 0;
        while let Some(byte) = self.peek() {
            if byte == b'_' && read > 0 {
                self.at += 1;
                continue;
            }
            if !byte.is_ascii_digit() {
                break;
            }
            if number.mantissa != 0 || byte != b'0' {
                *digits += 1;
            }
            if *digits > MAX_DIGITS {
                // A long tail of zeros (1e300 written out) is a power of ten, anything else would be lost.
                if byte != b'0' {
                    return None;
                }
                number.exponent = number.exponent.checked_add(1 + shift)?;
            } else {
                number.mantissa = number.mantissa * 10 + i128::from(byte - b'0');
                number.exponent = number.exponent.checked_add(shift)?;
            }
            read += 1;
            self.at += 1;
        }
        Some(read)
    }

    /// The exponent behind `e`, 0 if there is none; `None` if it is out of range.
    fn exponent(&mut self) -> Option<i32> {
        let start = self.at;
        if !matches!(self.peek(), Some(b'e' | b'E')) {
            return Some(0);
        }
        self.at += 1;
        let negative = self.sign();
        let mut exponent = Decimal { mantissa: 0, exponent: 0 };
        let mut digits = 0;
        if self.digits(&mut exponent, &mut digits, 0)? == 0 {
            self.at = start;
            return Some(0);
        }
        let exponent = i32::try_from(exponent.to_integer()?).ok()?;
        Some(if negative { -exponent } else { exponent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Option<(f64, &str)> {
        Decimal::split(text).map(|(number, rest)| (number.to_f64(), rest))
    }

    #[test]
    fn numbers_are_split_from_their_units() {
        assert_eq!(split("12.5 yuan"), Some((12.5, "yuan")));
        assert_eq!(split(" -1_000.25"), Some((-1000.25, "")));
        assert_eq!(split("1e3%"), Some((1000.0, "%")));
        assert_eq!(split("3 e"), Some((3.0, "e")));
        assert_eq!(split("0.000"), Some((0.0, "")));
        assert_eq!(split(".5"), Some((0.5, "")));
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in ["", "yuan", "-", ".", "_1", "NaN", "1e999999999999", &"7".repeat(80)] {
            assert_eq!(split(text), None, "{text}");
        }
    }

    #[test]
    fn integers_are_exact_or_refused() {
        let integer = |text: &str| Decimal::split(text).and_then(|(number, _)| number.to_integer());
        assert_eq!(integer("1.2e3"), Some(1200));
        assert_eq!(integer("1.25e1"), None);
        assert_eq!(integer("1e300"), None);
        assert_eq!(integer(&1e30_f64.to_string()), Some(10_i128.pow(30)));
    }
}
