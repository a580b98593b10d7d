//! Roles: what they hold, and who has them.

use mcp_authz::logto::{NewRole, RoleType};

use crate::{refusal, resource, tenant};

#[tokio::test]
async fn a_role_holds_scopes_and_gives_them() {
    let (logto, client) = tenant().await;
    let (_, scopes) = resource(&client, &["mail:read", "mail:send"]).await;
    let [read, send] = [&scopes[0].id, &scopes[1].id];
    let new = NewRole::new("mail user", "May use mail").scopes([read]);
    let role = client.create_role(&new).await.unwrap();
    assert_eq!((role.role_type, role.is_default), (RoleType::User, false));
    let again = client.create_role(&new).await;
    assert_eq!(refusal(again), (422, "role.name_in_use".into()));

    client.add_role_scopes(&role.id, &[send]).await.unwrap();
    assert_eq!(client.role_scopes(&role.id).await.unwrap(), scopes);
    let held = client.add_role_scopes(&role.id, &[send]).await;
    assert_eq!(refusal(held), (422, "role.scope_exists".into()));
    assert_eq!(
        refusal(client.add_role_scopes(&role.id, &[""; 0]).await).0,
        400
    );
    let by_name = client.add_role_scopes(&role.id, &["mail:send"]).await;
    assert_eq!(refusal(by_name).0, 404);
    client.remove_role_scope(&role.id, send).await.unwrap();
    assert_eq!(client.role_scopes(&role.id).await.unwrap().len(), 1);

    let people: Vec<_> = (0..120)
        .map(|n| logto.sign_up(&format!("user{n}")))
        .collect();
    client.assign_role(&role.id, &people).await.unwrap();
    let path = format!("POST /api/roles/{}/users", role.id);
    assert_eq!(logto.asked(&path), 2, "a hundred at a time");
    assert_eq!(client.role_users(&role.id).await.unwrap().len(), 120);
    assert_eq!(logto.roles_of(&people[119]), ["mail user"]);
    let again = client.assign_role(&role.id, &people[..1]).await;
    assert_eq!(refusal(again), (422, "role.user_exists".into()));
    client.take_role(&role.id, &people[0]).await.unwrap();
    assert!(logto.roles_of(&people[0]).is_empty());

    client.set_default_role(&role.id, true).await.unwrap();
    let dave = logto.sign_up("dave");
    assert_eq!(logto.roles_of(&dave), ["mail user"]);
    client.delete_role(&role.id).await.unwrap();
    assert!(logto.roles_of(&dave).is_empty());
    assert_eq!(refusal(client.role_scopes(&role.id).await).0, 404);
}

#[tokio::test]
async fn people_get_nothing_of_the_management_api() {
    let (_logto, client) = tenant().await;
    let all = client.resources().await.unwrap();
    let all = client.resource_scopes(&all[0].id).await.unwrap();
    let role = client.create_role(&NewRole::new("r", "d")).await.unwrap();
    let outcome = client.add_role_scopes(&role.id, &[&all[0].id]).await;
    let code = "role.management_api_scopes_not_assignable_to_user_role";
    assert_eq!(refusal(outcome), (400, code.into()));
    let kinds: Vec<_> = client
        .roles()
        .await
        .unwrap()
        .into_iter()
        .map(|role| role.role_type)
        .collect();
    assert_eq!(kinds, [RoleType::MachineToMachine, RoleType::User]);
}
