//! The wire contract of Rolo. `v1` holds the generated messages, clients and servers of `rolo/v1/*.proto`; what each
//! error reason means is in `errors.md` beside this crate's manifest. [`join`] is what goes by hand before the first call,
//! [`number`] how people write numbers, to whichever side they give them.

pub mod join;
pub mod number;

/// The messages and services of `rolo.v1`.
#[allow(clippy::all, clippy::pedantic, clippy::allow_attributes, missing_docs)]
pub mod v1 {
    tonic::include_proto!("rolo.v1");
}

/// The encoded `FileDescriptorSet` of `rolo.v1`, for reflection and for tests that walk every method.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rolo_descriptor.bin"));
