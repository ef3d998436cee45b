//! JPEG pixels as libjpeg-turbo gives them, and with it Pillow and torchvision: MozJPEG's decoder is the same
//! code. Chroma is interpolated and the integer transform of 13 bits is used, its defaults.
//!
//! libjpeg fills what is missing or damaged with grey and only warns; here such a file is refused, or half a
//! photo would be explained as if it were whole.

use std::any::Any;
use std::ffi::{CStr, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use mozjpeg::{Decompress, Format};
use mozjpeg_sys::{
    J_MESSAGE_CODE, JWRN_BOGUS_PROGRESSION, JWRN_HIT_MARKER, JWRN_HUFF_BAD_CODE, JWRN_JPEG_EOF,
    JWRN_MUST_RESYNC, jpeg_common_struct, jpeg_error_mgr, jpeg_std_error,
};

use super::Picture;

/// Warnings that mean pixels were made up. Others (bytes between segments, an unknown revision) mean nothing.
const DAMAGE: [J_MESSAGE_CODE; 5] = [
    JWRN_BOGUS_PROGRESSION,
    JWRN_HIT_MARKER,
    JWRN_HUFF_BAD_CODE,
    JWRN_JPEG_EOF,
    JWRN_MUST_RESYNC,
];

/// Why decoding stopped.
#[derive(Debug)]
pub(super) enum JpegError {
    /// The compressed data ends before the last row, whatever markers follow it.
    Short,
    /// In libjpeg's words.
    Broken(String),
}

/// The pixels as they lie in the file, not turned.
pub(super) fn decode(bytes: &[u8]) -> Result<Picture, JpegError> {
    // libjpeg has no other way to stop than a jump; this wrapper of it unwinds.
    catch_unwind(AssertUnwindSafe(|| decode_or_unwind(bytes)))
        .unwrap_or_else(|payload| Err(stopped(payload)))
}

fn decode_or_unwind(bytes: &[u8]) -> Result<Picture, JpegError> {
    let io = |error: std::io::Error| JpegError::Broken(error.to_string());
    let header = Decompress::builder().with_err(error_manager());
    let (mut rows, channels) = match header.from_mem(bytes).map_err(io)?.image().map_err(io)? {
        Format::RGB(rows) => (rows, 3),
        Format::Gray(rows) => (rows, 1),
        Format::CMYK(rows) => (rows, 4),
    };
    let (width, height) = (rows.width(), rows.height());
    let levels: Vec<u8> = rows.read_scanlines().map_err(io)?;
    rows.finish().map_err(io)?;
    let pixels = match channels {
        3 => levels,
        1 => levels.iter().flat_map(|level| [*level; 3]).collect(),
        _ => levels.chunks_exact(4).flat_map(rgb_of_cmyk).collect(),
    };
    Ok(Picture {
        width,
        height,
        pixels,
    })
}

/// As Pillow reads and converts them: Adobe's programs store CMYK inverted, so a stored 255 is no ink.
fn rgb_of_cmyk(stored: &[u8]) -> [u8; 3] {
    let white = u32::from(stored[3]);
    let over = |level: u8| {
        let product = (255 - u32::from(level)) * white + 128;
        (white - (((product >> 8) + product) >> 8)) as u8 // at most `white`
    };
    [over(stored[0]), over(stored[1]), over(stored[2])]
}

fn stopped(payload: Box<dyn Any + Send>) -> JpegError {
    match payload.downcast::<JpegError>() {
        Ok(error) => *error,
        // A bug, not a file: it goes on.
        Err(other) => resume_unwind(other),
    }
}

/// libjpeg's own, which unwinds at errors and at damage, and prints nothing.
#[allow(unsafe_code)]
fn error_manager() -> jpeg_error_mgr {
    let mut manager = jpeg_error_mgr {
        error_exit: None,
        emit_message: None,
        output_message: None,
        format_message: None,
        reset_error_mgr: None,
        msg_code: 0,
        msg_parm: Default::default(),
        trace_level: 0,
        num_warnings: 0,
        jpeg_message_table: std::ptr::null(),
        last_jpeg_message: 0,
        addon_message_table: std::ptr::null(),
        first_addon_message: 0,
        last_addon_message: 0,
    };
    // SAFETY: it fills the fields of the struct that it is given, nothing else.
    unsafe { jpeg_std_error(&mut manager) };
    manager.error_exit = Some(unwind);
    manager.emit_message = Some(unwind_at_damage);
    manager
}

extern "C-unwind" fn unwind(decoder: &mut jpeg_common_struct) {
    resume_unwind(Box::new(JpegError::Broken(message(decoder))))
}

/// Warnings have the level −1, traces 0 and above.
extern "C-unwind" fn unwind_at_damage(decoder: &mut jpeg_common_struct, level: c_int) {
    let code = code(decoder);
    if level < 0 && DAMAGE.contains(&code) {
        resume_unwind(Box::new(match code {
            JWRN_HIT_MARKER | JWRN_JPEG_EOF => JpegError::Short,
            _ => JpegError::Broken(message(decoder)),
        }));
    }
}

fn code(decoder: &jpeg_common_struct) -> J_MESSAGE_CODE {
    manager(decoder).msg_code
}

#[allow(unsafe_code)]
fn manager(decoder: &jpeg_common_struct) -> &jpeg_error_mgr {
    // SAFETY: libjpeg calls with the decoder that was made above, which owns its error manager.
    unsafe { &*decoder.err }
}

/// libjpeg's sentence, without the numbers that it would fill in.
#[allow(unsafe_code)]
fn message(decoder: &jpeg_common_struct) -> String {
    let manager = manager(decoder);
    let code = manager.msg_code;
    if !(0..=manager.last_jpeg_message).contains(&code) {
        return format!("code {code} of libjpeg");
    }
    // SAFETY: libjpeg's table has a constant text at each place up to the last message.
    let text = unsafe { CStr::from_ptr(*manager.jpeg_message_table.add(code as usize)) };
    text.to_string_lossy().replace(" %d", "")
}
