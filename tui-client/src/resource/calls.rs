//! The calls of a kind whose service has the usual shape: list, get, create, update, delete, restore. A descriptor names
//! the methods and messages; everything else is the same for all of them.

/// Implements the calls of [`super::Resource`], and the access to the module's `FIELDS`, `COLUMNS` and `VIEWS`. The
/// module has a `TABLE` of bound fields and `record`, which makes a [`super::Record`] of a reply's message.
///
/// - `list METHOD(REQUEST) -> REPLY { ROWS [, TOTAL] }`: `REQUEST` is a function of the query.
/// - `get METHOD(REQUEST)`: `REQUEST` is a function of the id.
/// - `create METHOD MESSAGE { INPUT [, full_form] }`: left out where creating is out of the ordinary.
/// - `update METHOD MESSAGE { INPUT }`, `delete METHOD MESSAGE`, `restore METHOD MESSAGE`.
macro_rules! calls {
    (
        service $service:ident;
        list $list:ident($list_request:expr) -> $list_reply:ident { $rows:ident $(, $total:ident)? };
        get $get:ident($get_request:expr);
        $(create $create:ident $create_request:ident { $new:ident $(, $full_form:ident)? };)?
        update $update:ident $update_request:ident { $changed:ident };
        delete $delete:ident $delete_request:ident;
        restore $restore:ident $restore_request:ident;
    ) => {
        fn fields(&self) -> &'static [$crate::resource::Field] {
            &FIELDS
        }

        fn columns(&self) -> &'static [usize] {
            &COLUMNS
        }

        fn views(&self) -> &'static [$crate::resource::View] {
            &VIEWS
        }

        fn list<'a>(
            &'a self,
            client: &'a $crate::data::Client,
            query: &'a $crate::resource::ListQuery,
        ) -> $crate::resource::calls::Calling<'a, $crate::resource::Page> {
            let request = $list_request(query);
            Box::pin(async move {
                let reply: rolo_proto::v1::$list_reply =
                    client.call(request, |c, r| async move { c.$service().$list(r).await }).await?;
                Ok($crate::resource::Page {
                    records: reply.$rows.into_iter().map(record).collect(),
                    next_page_token: reply.next_page_token,
                    total: $crate::resource::calls::calls!(@total reply $($total)?),
                })
            })
        }

        fn get<'a>(
            &'a self,
            client: &'a $crate::data::Client,
            id: i64,
        ) -> $crate::resource::calls::Calling<'a, $crate::resource::Record> {
            let request = $get_request(id);
            Box::pin(
                async move { client.call(request, |c, r| async move { c.$service().$get(r).await }).await.map(record) },
            )
        }

        $(fn create<'a>(
            &'a self,
            client: &'a $crate::data::Client,
            values: &'a $crate::resource::Changes,
            options: &'a $crate::resource::WriteOptions,
        ) -> $crate::resource::calls::Calling<'a, $crate::resource::Record> {
            Box::pin(async move {
                let request = rolo_proto::v1::$create_request {
                    $new: Some($crate::resource::bind::input(&TABLE, values, true)?.0),
                    $($full_form: options.$full_form,)?
                    request_id: options.request_id(),
                };
                client.call(request, |c, r| async move { c.$service().$create(r).await }).await.map(record)
            })
        })?

        fn update<'a>(
            &'a self,
            client: &'a $crate::data::Client,
            id: i64,
            values: &'a $crate::resource::Changes,
            options: &'a $crate::resource::WriteOptions,
        ) -> $crate::resource::calls::Calling<'a, $crate::resource::Record> {
            Box::pin(async move {
                let (input, paths) = $crate::resource::bind::input(&TABLE, values, false)?;
                let mut request = rolo_proto::v1::$update_request {
                    id,
                    $changed: Some(input),
                    update_mask: Some(Default::default()),
                    seen: $crate::resource::bind::seen(&TABLE, &options.seen),
                    revision: options.revision,
                    request_id: options.request_id(),
                };
                request.update_mask.get_or_insert_default().paths = paths;
                client.call(request, |c, r| async move { c.$service().$update(r).await }).await.map(record)
            })
        }

        fn delete<'a>(
            &'a self,
            client: &'a $crate::data::Client,
            id: i64,
            options: &'a $crate::resource::WriteOptions,
        ) -> $crate::resource::calls::Calling<'a, i64> {
            let request = rolo_proto::v1::$delete_request {
                id,
                revision: options.revision,
                request_id: options.request_id(),
            };
            Box::pin(async move {
                let call = client.call(request, |c, r| async move { c.$service().$delete(r).await });
                call.await.map(|changed: rolo_proto::v1::Changed| changed.operation_id)
            })
        }

        fn restore<'a>(
            &'a self,
            client: &'a $crate::data::Client,
            id: i64,
            options: &'a $crate::resource::WriteOptions,
        ) -> $crate::resource::calls::Calling<'a, $crate::resource::Record> {
            let request = rolo_proto::v1::$restore_request {
                id,
                revision: options.revision,
                request_id: options.request_id(),
            };
            Box::pin(async move {
                client.call(request, |c, r| async move { c.$service().$restore(r).await }).await.map(record)
            })
        }
    };
    (@total $reply:ident) => { None };
    (@total $reply:ident $total:ident) => { $reply.$total };
}

pub(super) use calls;

use crate::data::Failure;

/// A call under way.
pub(super) type Calling<'a, T> = futures::future::BoxFuture<'a, Result<T, Failure>>;
