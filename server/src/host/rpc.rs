//! HostService.

use std::path::PathBuf;

use rolo_proto::v1::{self as pb, Kind, host_service_server::HostService};
use serde_json::Value as Json;
use tonic::{Request, Response, Status};

use super::{backup, figures};
use crate::{
    audit::{self, Changes, Entry, Verification},
    db::{
        Lane, Tx, Write,
        list::{Position, Walk},
        sql::Sql,
    },
    error::{Error, Fault, Result},
    fields::{Field, Shape, clean},
    interactions,
    kernel::Kernel,
    opportunities,
    rpc::{
        guard::{Caller, View},
        page::{Binding, hex, size},
    },
    sessions::{self, password, rules},
    settings, text,
    users::store::{self, NewUser},
};

/// The service.
#[derive(Debug)]
pub struct Service {
    /// The kernel.
    pub kernel: Kernel,
}

/// The fields of an account (§3.11).
const FIELDS: &[Field] = &[
    Field::new("name", Shape::Line(50)),
    Field::new("display_name", Shape::Line(50)),
    Field::new("email", Shape::Email(100)),
    Field::new("phone", Shape::Phone(50)),
];

#[tonic::async_trait]
impl HostService for Service {
    async fn add_user(&self, request: Request<pb::AddUserRequest>) -> Result<Response<pb::AddUserResponse>, Status> {
        let request = request.into_inner();
        let mut user = checked(&request)?;
        let (password, one_time) = self.kernel.choose_password(&request.name, request.password).await?;
        user.password = password;
        user.must_change = one_time.is_some();
        let (department, superior, roles) = (request.department, request.superior, request.roles);
        let kernel = self.kernel.clone();
        let added = self
            .kernel
            .db()
            .write(Lane::People, move |write| {
                let tx = write.tx;
                user.department_id = store::department(tx, &department)?;
                user.superior_id = superior_id(tx, &superior)?;
                let id = store::create(tx, &user, write.now)?;
                store::set_roles(tx, id, &roles)?;
                log(write, id, "create_user", &[("name", user.name.clone()), ("roles", roles.join(","))])?;
                kernel.sessions().invalidate();
                host_user(tx, id)
            })
            .await?;
        self.kernel.sessions().invalidate();
        Ok(Response::new(pb::AddUserResponse { user: Some(added), one_time_password: one_time.unwrap_or_default() }))
    }

    async fn disable_user(&self, request: Request<pb::DisableUserRequest>) -> Result<Response<pb::HostUser>, Status> {
        let name = request.into_inner().name;
        let user = self
            .kernel
            .administer(name, "disable_user", Vec::new(), |write, id| {
                store::set_active(write.tx, id, false)?;
                store::keep_an_administrator(write.tx)?;
                sessions::store::end_others(write.tx, id, 0, write.now).map(drop)
            })
            .await?;
        Ok(Response::new(user))
    }

    async fn enable_user(&self, request: Request<pb::EnableUserRequest>) -> Result<Response<pb::HostUser>, Status> {
        let name = request.into_inner().name;
        let enable = |write: &mut Write<'_>, id| store::set_active(write.tx, id, true);
        Ok(Response::new(self.kernel.administer(name, "enable_user", Vec::new(), enable).await?))
    }

    async fn reset_password(
        &self,
        request: Request<pb::ResetPasswordRequest>,
    ) -> Result<Response<pb::ResetPasswordResponse>, Status> {
        let request = request.into_inner();
        let (hash, one_time) = self.kernel.choose_password(&request.name, request.password).await?;
        let must_change = one_time.is_some();
        let user = self
            .kernel
            .administer(request.name, "reset_password", Vec::new(), move |write, id| {
                store::set_password(write.tx, id, &hash, must_change)?;
                sessions::store::end_others(write.tx, id, 0, write.now).map(drop)
            })
            .await?;
        let one_time_password = one_time.unwrap_or_default();
        Ok(Response::new(pb::ResetPasswordResponse { user: Some(user), one_time_password }))
    }

    async fn set_roles(&self, request: Request<pb::SetRolesRequest>) -> Result<Response<pb::HostUser>, Status> {
        let pb::SetRolesRequest { name, roles } = request.into_inner();
        let said = vec![("roles", roles.join(","))];
        let user = self
            .kernel
            .administer(name, "set_roles", said, move |write, id| {
                store::set_roles(write.tx, id, &roles)?;
                store::keep_an_administrator(write.tx)
            })
            .await?;
        Ok(Response::new(user))
    }

    async fn list_host_users(
        &self,
        request: Request<pb::ListHostUsersRequest>,
    ) -> Result<Response<pb::ListHostUsersResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        Ok(Response::new(self.kernel.view(&caller, move |view| list_users(view, &request)).await?))
    }

    async fn verify_audit(
        &self,
        _: Request<pb::VerifyAuditRequest>,
    ) -> Result<Response<pb::VerifyAuditResponse>, Status> {
        let mut seen = Verification::default();
        while !seen.finished {
            seen = self.kernel.db().read(move |tx| audit::verify(tx, seen)).await?;
        }
        let (first_bad, problem) = seen.bad.unwrap_or_default();
        Ok(Response::new(pb::VerifyAuditResponse { rows: seen.rows, first_bad, head: hex(&seen.head), problem }))
    }

    async fn backup(&self, request: Request<pb::BackupRequest>) -> Result<Response<pb::BackupResponse>, Status> {
        let to = PathBuf::from(request.into_inner().path);
        if !to.is_absolute() {
            return Err(Error::field("path", Fault::Malformed("path")).into());
        }
        let from = self.kernel.database_path().await?;
        let (bytes, audit_rows) = tokio::task::spawn_blocking(move || backup::backup(&from, &to))
            .await
            .map_err(|e| Error::Internal(format!("backup: {e}")))??;
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        // Where writing is impossible a copy is wanted all the more: it counts even if its date cannot be kept.
        self.kernel.db().write_lossy(|write| settings::set(write.tx, settings::BACKUP_AT, &write.now.to_string()));
        Ok(Response::new(pb::BackupResponse { bytes, audit_rows }))
    }

    async fn examine(&self, _: Request<pb::ExamineRequest>) -> Result<Response<pb::ExamineResponse>, Status> {
        Ok(Response::new(pb::ExamineResponse { findings: self.kernel.examine().await? }))
    }

    async fn check_figures(
        &self,
        request: Request<pb::CheckFiguresRequest>,
    ) -> Result<Response<pb::CheckFiguresResponse>, Status> {
        const SLICE: i64 = 500;
        let repair = request.into_inner().repair;
        let mut answer = pb::CheckFiguresResponse::default();
        let mut after = Some(0);
        while let Some(from) = after {
            let figures::Comparison { next, looked_at, differences } =
                self.kernel.db().read(move |tx| figures::compare(tx, from, SLICE)).await?;
            answer.checked += looked_at;
            after = next;
            if differences.is_empty() {
                continue;
            }
            let ids: Vec<i64> = differences.iter().map(|(id, _)| *id).collect();
            answer.differences.extend(differences.into_iter().map(|(_, words)| words).take(1_000));
            if repair {
                self.kernel
                    .db()
                    .write(Lane::Feeds, move |write| {
                        ids.iter().try_for_each(|id| interactions::derive::refresh_customer(write.tx, *id))
                    })
                    .await?;
            }
        }
        let sums = self.kernel.db().read(opportunities::sums::differ).await?;
        if sums > 0 {
            answer.differences.push(format!("opportunities: {sums} sums of board and forecast differ"));
            if repair {
                self.kernel.db().write(Lane::Feeds, |write| opportunities::sums::rebuild(write.tx)).await?;
            }
        }
        Ok(Response::new(answer))
    }
}

fn checked(request: &pb::AddUserRequest) -> Result<NewUser> {
    let values = clean(
        FIELDS,
        vec![
            ("name", request.name.as_str().into()),
            ("display_name", request.display_name.as_str().into()),
            ("email", request.email.as_str().into()),
            ("phone", request.phone.as_str().into()),
        ],
    )?;
    let get =
        |column| crate::fields::value_of(&values, column).map(|value| value.text().to_owned()).unwrap_or_default();
    let name = get("name");
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(Error::field("name", if name.is_empty() { Fault::Required } else { Fault::Malformed("name") }));
    }
    let code = request.code.trim().to_owned();
    let shape: Vec<bool> = code
        .chars()
        .enumerate()
        .map(|(i, c)| if i < 2 { c.is_ascii_alphabetic() } else { c.is_ascii_digit() })
        .collect();
    if !code.is_empty() && (shape.len() != 6 || shape.contains(&false) || code.ends_with("00")) {
        return Err(Error::field("code", Fault::Malformed("code")));
    }
    if request.roles.is_empty() {
        return Err(Error::field("roles", Fault::Required));
    }
    Ok(NewUser {
        name,
        display_name: get("display_name"),
        email: get("email"),
        phone: get("phone"),
        code,
        ..NewUser::default()
    })
}

fn superior_id(tx: &Tx<'_>, name: &str) -> Result<Option<i64>> {
    if name.is_empty() {
        return Ok(None);
    }
    user_id(tx, name).map(Some).map_err(|_| Error::field("superior", Fault::UnknownReference(name.into())))
}

fn user_id(tx: &Tx<'_>, name: &str) -> Result<i64> {
    tx.query_opt("SELECT id FROM user WHERE name_fold = ?1", [text::fold(name)], |row| row.get(0))?
        .ok_or(Error::NotFound)
}

fn host_user(tx: &Tx<'_>, id: i64) -> Result<pb::HostUser> {
    let (name, display_name, department, superior, active, must_change_password) = tx.query_one(
        "SELECT u.name, u.display_name, u.department_id, COALESCE(s.name, ''), u.active, u.must_change
         FROM user u LEFT JOIN user s ON s.id = u.superior_id
         WHERE u.id = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
    )?;
    Ok(pb::HostUser {
        id,
        name,
        display_name,
        department: store::department_path(tx, department)?,
        superior,
        active,
        roles: store::roles(tx, id)?.into_iter().map(|role| role.code).collect(),
        must_change_password,
    })
}

/// An audit row of the host's, with what was said.
fn log(write: &mut Write<'_>, user_id: i64, verb: &str, said: &[(&str, String)]) -> Result<()> {
    let changes: Changes = said
        .iter()
        .map(|(field, value)| ((*field).to_owned(), Json::Array(vec![Json::Null, value.as_str().into()])))
        .collect();
    let entry = Entry {
        operation_id: 0,
        user_id: 0,
        session_id: 0,
        at: write.now,
        verb,
        kind: Kind::User,
        record_id: user_id,
        revision: 0,
        parent_id: 0,
        changes: &changes,
    };
    write.chain.append(write.tx, &entry).map(drop)
}

fn list_users(view: &View<'_>, request: &pb::ListHostUsersRequest) -> Result<pb::ListHostUsersResponse> {
    let binding = Binding::new(view.settings, view.actor, "ListHostUsers", &pb::ListHostUsersRequest::default());
    let after = binding.open(&request.page_token)?.map(|bytes| Position::decode(&bytes)).transpose()?;
    let walk = Walk {
        from: Sql::new("FROM user u WHERE 1"),
        hit: Sql::new("1"),
        key: "u.id",
        id: "u.id",
        descending: false,
        among: Vec::new(),
    };
    let slice = walk.page(view.tx, after.as_ref(), size(request.page_size, false), 0, |_| Ok(true))?;
    let users = slice.ids.iter().map(|id| host_user(view.tx, *id)).collect::<Result<Vec<_>>>()?;
    Ok(pb::ListHostUsersResponse { users, next_page_token: binding.seal(slice.next.map(|n| n.encode()).as_deref()) })
}

impl Kernel {
    /// The hash of a password that was given, or of one made for one use, which is answered too.
    async fn choose_password(&self, name: &str, given: String) -> Result<(String, Option<String>)> {
        let one_time = if given.is_empty() { Some(password::one_time()?) } else { None };
        if one_time.is_none() {
            rules::check_password("password", name, &given)?;
        }
        let hash = self.hash_password(one_time.clone().unwrap_or(given)).await?;
        Ok((hash, one_time))
    }

    /// Changes an account by name, in the log of the host.
    async fn administer(
        &self,
        name: String,
        verb: &'static str,
        said: Vec<(&'static str, String)>,
        act: impl FnOnce(&mut Write<'_>, i64) -> Result<()> + Send + 'static,
    ) -> Result<pb::HostUser> {
        let kernel = self.clone();
        let user = self
            .db()
            .write(Lane::People, move |write| {
                let id = user_id(write.tx, &name)?;
                act(write, id)?;
                log(write, id, verb, &said)?;
                kernel.sessions().invalidate();
                host_user(write.tx, id)
            })
            .await;
        self.sessions().invalidate();
        user
    }
}
