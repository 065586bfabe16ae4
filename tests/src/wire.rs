//! Calls below the generated clients: any bytes to any method, and messages made from the contract's descriptors.

use std::collections::HashMap;

use anyhow::{Context, Result};
use futures::StreamExt as _;
use prost::{
    Message as _,
    bytes::{Buf as _, BufMut as _},
    encoding::{WireType, encode_key, encode_varint},
};
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorSet,
    field_descriptor_proto::{Label, Type},
};
use tonic::{
    Status,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    service::Interceptor as _,
};

use crate::Session;

/// Bytes as they are.
#[derive(Debug, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining()).to_vec()))
    }
}

impl Session {
    /// Sends these bytes as the message of a call; answers the messages of its reply, one after the other: of a watch,
    /// which never ends, the first.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn raw(&self, path: &str, message: Vec<u8>) -> Result<Vec<u8>, Status> {
        let request = self.bearer.clone().call(tonic::Request::new(()))?.map(|()| message);
        let endless = path.ends_with("/Watch");
        let path = path.parse().map_err(|_| Status::cancelled("no path"))?;
        let mut grpc = tonic::client::Grpc::new(self.channel.clone()).max_decoding_message_size(16 << 20);
        grpc.ready().await.map_err(|error| Status::cancelled(error.to_string()))?;
        let mut replies = grpc.server_streaming(request, path, Raw).await?.into_inner();
        let mut bytes = Vec::new();
        while let Some(reply) = replies.next().await {
            bytes.extend(reply?);
            if endless {
                break;
            }
        }
        Ok(bytes)
    }
}

/// A method of the contract.
#[derive(Debug, Clone)]
pub struct Method {
    /// `/rolo.v1.CustomerService/GetCustomer`.
    pub path: String,
    /// Its request, a name in [`Contract`].
    pub request: String,
}

/// The contract, as its descriptors tell it.
#[derive(Debug)]
pub struct Contract {
    /// Every method.
    pub methods: Vec<Method>,
    messages: HashMap<String, DescriptorProto>,
}

/// A place inside a message: fields to go through, outermost first.
pub type Place = Vec<FieldDescriptorProto>;

/// Where values come from.
pub trait Source {
    /// A number below `most`.
    fn below(&mut self, most: usize) -> usize;
    /// A number for a field.
    fn number(&mut self) -> i64;
    /// A text for a field.
    fn text(&mut self) -> String;
}

impl Contract {
    /// That of `rolo.v1`.
    ///
    /// # Errors
    /// The compiled descriptors are no descriptors.
    pub fn new() -> Result<Self> {
        let set = FileDescriptorSet::decode(rolo_proto::FILE_DESCRIPTOR_SET)?;
        let (mut methods, mut messages) = (Vec::new(), HashMap::new());
        for file in &set.file {
            for service in &file.service {
                methods.extend(service.method.iter().map(|method| Method {
                    path: format!("/{}.{}/{}", file.package(), service.name(), method.name()),
                    request: method.input_type().to_owned(),
                }));
            }
            let mut open: Vec<_> =
                file.message_type.iter().map(|message| (format!(".{}", file.package()), message)).collect();
            while let Some((scope, message)) = open.pop() {
                let name = format!("{scope}.{}", message.name());
                open.extend(message.nested_type.iter().map(|nested| (name.clone(), nested)));
                messages.insert(name, message.clone());
            }
        }
        Ok(Self { methods, messages })
    }

    fn message(&self, name: &str) -> Result<&DescriptorProto> {
        self.messages.get(name).with_context(|| format!("{name} is not in the contract"))
    }

    /// A message of the right shape with values from `source`; every second field is there.
    ///
    /// # Errors
    /// There is no such message.
    pub fn any(&self, name: &str, source: &mut impl Source) -> Result<Vec<u8>> {
        self.nested(name, source, 4)
    }

    fn nested(&self, name: &str, source: &mut impl Source, depth: usize) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        for field in &self.message(name)?.field {
            let times = if field.label() == Label::Repeated { source.below(4) } else { source.below(2) };
            for _ in 0..times {
                match field.r#type() {
                    Type::Message if depth == 0 => {}
                    Type::Message => {
                        let inner = self.nested(field.type_name(), source, depth - 1)?;
                        bytes(field, &inner, &mut out);
                    }
                    Type::String | Type::Bytes => bytes(field, source.text().as_bytes(), &mut out),
                    _ => varint(field, source.number(), &mut out),
                }
            }
        }
        Ok(out)
    }

    /// Every place of a message where an id stands.
    ///
    /// # Errors
    /// There is no such message.
    pub fn ids(&self, name: &str) -> Result<Vec<Place>> {
        let mut places = Vec::new();
        for field in &self.message(name)?.field {
            if field.r#type() == Type::Message {
                for mut place in self.ids(field.type_name())? {
                    place.insert(0, field.clone());
                    places.push(place);
                }
            } else if field.r#type() == Type::Int64 && (field.name().ends_with("id") || field.name().ends_with("ids")) {
                places.push(vec![field.clone()]);
            }
        }
        Ok(places)
    }

    /// A message with this number at a place, and everywhere along it what is asked for at least: texts, and a mask
    /// that names a field.
    ///
    /// # Errors
    /// There is no such message.
    pub fn with_id(&self, name: &str, place: &[FieldDescriptorProto], id: i64, request_id: &str) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        for field in &self.message(name)?.field {
            let here = place.first().is_some_and(|first| first.number() == field.number());
            match field.r#type() {
                Type::Message if here => {
                    let inner = self.with_id(field.type_name(), place.get(1..).unwrap_or_default(), id, request_id)?;
                    bytes(field, &inner, &mut out);
                }
                Type::Message if field.type_name() == ".google.protobuf.FieldMask" => {
                    let inner = self.with_id(field.type_name(), &[], id, "address")?;
                    bytes(field, &inner, &mut out);
                }
                _ if here => varint(field, id, &mut out),
                Type::String if field.name() == "request_id" => bytes(field, request_id.as_bytes(), &mut out),
                Type::String if field.name() == "paths" => bytes(field, request_id.as_bytes(), &mut out),
                Type::String if matches!(field.name(), "name" | "title") => bytes(field, "名".as_bytes(), &mut out),
                _ => {}
            }
        }
        Ok(out)
    }
}

fn bytes(field: &FieldDescriptorProto, value: &[u8], out: &mut Vec<u8>) {
    encode_key(tag(field), WireType::LengthDelimited, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

fn varint(field: &FieldDescriptorProto, value: i64, out: &mut Vec<u8>) {
    encode_key(tag(field), WireType::Varint, out);
    encode_varint(value.cast_unsigned(), out);
}

fn tag(field: &FieldDescriptorProto) -> u32 {
    u32::try_from(field.number()).unwrap_or_default()
}
