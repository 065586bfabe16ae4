//! `rolod user`: people's accounts.

use rolo_proto::v1 as pb;

use super::{args::User, door::Door, password_of, say};

pub(super) async fn user(command: User) -> anyhow::Result<()> {
    let place = match &command {
        User::Add(add) => &add.named.place.data,
        User::Disable(named) | User::Enable(named) | User::Reset { named, .. } | User::Roles { named, .. } => {
            &named.place.data
        }
        User::List { place } => &place.data,
    };
    let mut door = Door::open(place).await?;
    let done = user_at(&mut door, command).await;
    let closed = door.close().await;
    done.and(closed)
}

async fn user_at(door: &mut Door, command: User) -> anyhow::Result<()> {
    match command {
        User::Add(add) => {
            let request = pb::AddUserRequest {
                name: add.named.name,
                display_name: add.display_name,
                email: add.email,
                phone: add.phone,
                department: add.department,
                superior: add.superior,
                roles: add.roles,
                password: password_of(add.password_file.as_deref())?.unwrap_or_default(),
                code: add.code,
            };
            let added = door.call(request, |mut host, r| async move { host.add_user(r).await }).await?;
            show(&added.user.unwrap_or_default())?;
            one_time(&added.one_time_password)
        }
        User::Disable(named) => {
            let request = pb::DisableUserRequest { name: named.name };
            show(&door.call(request, |mut host, r| async move { host.disable_user(r).await }).await?)
        }
        User::Enable(named) => {
            let request = pb::EnableUserRequest { name: named.name };
            show(&door.call(request, |mut host, r| async move { host.enable_user(r).await }).await?)
        }
        User::Reset { named, password_file } => {
            let password = password_of(password_file.as_deref())?.unwrap_or_default();
            let request = pb::ResetPasswordRequest { name: named.name, password };
            let reset = door.call(request, |mut host, r| async move { host.reset_password(r).await }).await?;
            show(&reset.user.unwrap_or_default())?;
            one_time(&reset.one_time_password)
        }
        User::Roles { named, roles } => {
            let request = pb::SetRolesRequest { name: named.name, roles };
            show(&door.call(request, |mut host, r| async move { host.set_roles(r).await }).await?)
        }
        User::List { .. } => {
            let mut page_token = String::new();
            loop {
                let request = pb::ListHostUsersRequest { page_size: 200, page_token };
                let page = door.call(request, |mut host, r| async move { host.list_host_users(r).await }).await?;
                page.users.iter().try_for_each(show)?;
                if page.next_page_token.is_empty() {
                    return Ok(());
                }
                page_token = page.next_page_token;
            }
        }
    }
}

fn show(user: &pb::HostUser) -> anyhow::Result<()> {
    let state = if user.active { "active" } else { "disabled" };
    let department = if user.department.is_empty() { "-" } else { &user.department };
    say(&format!("{}\t{}\t{state}\t{department}\t{}", user.name, user.display_name, user.roles.join(",")))
}

fn one_time(password: &str) -> anyhow::Result<()> {
    match password {
        "" => Ok(()),
        password => say(&format!("One-time password, to be changed at the first sign-in: {password}")),
    }
}
