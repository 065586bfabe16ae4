//! The clipboard of the terminal where the person sits, over any number of SSH hops: OSC 52, wrapped for tmux.

/// The bytes that put a text on the clipboard.
pub fn osc52(text: &str, tmux: bool) -> Vec<u8> {
    let code = format!("\x1b]52;c;{}\x07", base64(text.as_bytes()));
    if tmux {
        // tmux passes it on when `set-clipboard` is on; the wrapped form reaches the outer terminal when it is not.
        return format!("{code}\x1bPtmux;{}\x1b\\", code.replace('\x1b', "\x1b\x1b")).into_bytes();
    }
    code.into_bytes()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * i) & 63) as usize] as char;
            out.push(if i <= chunk.len() { digit } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_out_as_base64() {
        assert_eq!(base64(b""), "");
        assert_eq!(base64(b"M"), "TQ==");
        assert_eq!(base64(b"Ma"), "TWE=");
        assert_eq!(base64("客户".as_bytes()), "5a6i5oi3");
        assert_eq!(osc52("M", false), b"\x1b]52;c;TQ==\x07");
    }
}
