//! UserService: looking people up.

use rolo_proto::v1::{self as pb, user_service_server::UserService};
use tonic::{Request, Response, Status};

use super::store;
use crate::{
    db::{
        list::{Key, Position, Walk},
        sql::Sql,
    },
    error::Result,
    kernel::Kernel,
    rpc::{
        guard::{Caller, View},
        page::{Binding, size},
    },
    text,
};

/// The service.
#[derive(Debug)]
pub struct Service {
    /// The kernel.
    pub kernel: Kernel,
}

#[tonic::async_trait]
impl UserService for Service {
    async fn list_users(
        &self,
        request: Request<pb::ListUsersRequest>,
    ) -> Result<Response<pb::ListUsersResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        Ok(Response::new(self.kernel.view(&caller, move |view| list_users(view, request)).await?))
    }
}

fn walk(request: &pb::ListUsersRequest) -> Walk {
    let mut hit = Sql::new("1");
    if request.active_only {
        hit.push(" AND u.active = 1");
    }
    if !request.ids.is_empty() {
        hit.push(" AND u.id IN ").bind_list(request.ids.iter().copied().take(1_000));
    }
    let search = text::fold(&request.search);
    if !search.is_empty() {
        hit.push(" AND instr(u.search, ").bind(search.as_str()).push(") > 0");
    }
    let from = Sql::new("FROM user u WHERE 1");
    Walk { from, hit, key: "u.name_key", id: "u.id", descending: false, among: Vec::new() }
}

fn list_users(view: &View<'_>, mut request: pb::ListUsersRequest) -> Result<pb::ListUsersResponse> {
    let rows = size(request.page_size, false);
    let token = std::mem::take(&mut request.page_token);
    request.page_size = 0;
    let binding = Binding::new(view.settings, view.actor, "ListUsers", &request);
    let after = binding.open(&token)?.map(|bytes| Position::decode(&bytes)).transpose()?;
    let slice = walk(&request).page(view.tx, after.as_ref(), rows, 0, |_| Ok(true))?;
    let mut users = Vec::with_capacity(slice.ids.len());
    for id in slice.ids {
        let department: i64 =
            view.tx.query_one("SELECT department_id FROM user WHERE id = ?1", [id], |row| row.get(0))?;
        users.push(pb::User {
            user: store::user(view.tx, id)?,
            department: store::department_path(view.tx, department)?,
            roles: store::roles(view.tx, id)?.into_iter().map(|role| role.code).collect(),
            customers: view.tx.query_one(
                "SELECT COUNT(*) FROM (
                   SELECT 1 FROM customer WHERE manager_id = ?1 AND deleted_at IS NULL LIMIT 10001)",
                [id],
                |row| row.get(0),
            )?,
        });
    }
    Ok(pb::ListUsersResponse { users, next_page_token: binding.seal(slice.next.map(|next| next.encode()).as_deref()) })
}

/// The statements of the list, for looking at how they run.
pub fn statements() -> Vec<Sql> {
    let after = Position { part: 0, key: Key::Text("m".into()), id: 1 };
    vec![walk(&pb::ListUsersRequest::default()).statement(Some(&after), 51)]
}
