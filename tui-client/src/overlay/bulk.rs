pub fn start(_: crate::app::effect::ScreenId, _: rolo_proto::v1::RunBulkRequest, _: String, _: &mut crate::app::shared::Shared) {}
