//! Two thousand names of Chinese companies: imported by `rolo`, and any two neighbouring characters of any of them find it
//! (D6).

use std::{
    collections::{BTreeMap, HashSet},
    fs,
};

use anyhow::{Context, Result, ensure};
use rolo_proto::v1 as pb;
use rolo_tests::{World, world};

use crate::company::{Company, finish, sample};

#[tokio::test(flavor = "multi_thread")]
async fn any_two_neighbouring_characters_of_any_of_two_thousand_names_find_it() -> Result<()> {
    let world = World::new().await?;
    let names = sample("names-2000.txt").to_string_lossy().into_owned();
    let imported = tokio::task::spawn_blocking({
        let data = world.dir.path().to_owned();
        move || {
            let company = Company::at(data)?;
            let password = company.write("password", world::PASSWORD)?;
            finish(company.rolo_command(&["login", "--user", "boss", "--password-file", &password]), None)?.ok()?;
            company.ok(&["import", "customers", &names, "--no-header", "--map", "name=1"])
        }
    });
    let said = imported.await??;
    assert!(said.starts_with("2,000 created"), "{said}");

    let text = fs::read_to_string(sample("names-2000.txt"))?;
    let mut with: BTreeMap<[char; 2], Vec<&str>> = BTreeMap::new();
    for name in text.lines() {
        let characters: Vec<char> = name.chars().collect();
        ensure!(characters.len() > 1, "{name} has no two characters");
        for pair in characters.windows(2) {
            with.entry([pair[0], pair[1]]).or_default().push(name);
        }
    }
    let session = world.session("boss").await?;
    let mut pairs = 0;
    for (pair, names) in &with {
        let found = search(&session, &pair.iter().collect::<String>()).await?;
        for name in names {
            ensure!(found.contains(*name), "{} does not find {name}", pair.iter().collect::<String>());
            pairs += 1;
        }
    }
    ensure!(pairs > 3_000, "only {pairs} pairs");
    Ok(())
}

/// All names that a search finds.
async fn search(session: &world::Session, words: &str) -> Result<HashSet<String>> {
    let mut found = HashSet::new();
    let filter = pb::CustomerFilter { search: words.to_owned(), ..Default::default() };
    let mut request = pb::ListCustomersRequest { filter: Some(filter), page_size: 200, ..Default::default() };
    loop {
        let page =
            session.customers().list_customers(request.clone()).await.with_context(|| words.to_owned())?.into_inner();
        for customer in page.customers {
            ensure!(found.insert(customer.name.clone()), "{words}: {} comes twice", customer.name);
        }
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = page.next_page_token;
    }
}
