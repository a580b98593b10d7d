//! Whoever is shown less of a list must not see how much less: not by short pages, not by one more page
//! that is empty, not in a cursor.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64url::Engine as _;
use base64url::engine::general_purpose::URL_SAFE_NO_PAD;
use json::{Value, json};
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{Rule, Rules, Visibility, scopes};
use support::Lab;

use crate::ask;

/// Tools of each kind that there are rules for.
const MANY: usize = 40;

/// A handler that gives out a list by its offsets, three items at a time.
#[derive(Clone, Default)]
struct Ledger {
    names: Arc<Mutex<Vec<String>>>,
    /// How often it was asked for a page.
    asked: Arc<AtomicUsize>,
}

const LENGTH: usize = 3;

fn open(number: usize) -> String {
    format!("open-{number}")
}

fn hidden(number: usize) -> String {
    format!("hidden-{number}")
}

impl Ledger {
    async fn lab() -> (Self, Lab) {
        Self::lab_with(Visibility::All).await
    }

    async fn lab_with(visibility: Visibility) -> (Self, Lab) {
        let ledger = Self::default();
        ledger.write((0..MANY).flat_map(|number| [open(number), hidden(number)]));
        let concealed = match visibility {
            Visibility::Granted => Rule::from(scopes!["admin"]),
            _ => Rule::from(scopes!["admin"]).conceal(),
        };
        let rules = Rules::new()
            .tools((0..MANY).map(open), scopes!["tools"])
            .tools((0..MANY).map(hidden), concealed);
        let handler = ledger.clone();
        let lab = Lab::protecting(
            |_| handler.clone(),
            rules,
            |authz| authz.visibility(visibility),
        )
        .await;
        ledger.asked.store(0, Ordering::SeqCst);
        (ledger, lab)
    }

    fn write(&self, names: impl IntoIterator<Item = String>) {
        *self.names.lock().unwrap() = names.into_iter().collect();
    }

    /// Open and concealed tools, numbered, in this order.
    fn arrange(&self, order: impl IntoIterator<Item = bool>) {
        let (mut shown, mut rest) = (0.., 0..);
        let name = |is_open| match is_open {
            true => shown.next().map(open),
            false => rest.next().map(hidden),
        };
        self.write(order.into_iter().filter_map(name).collect::<Vec<_>>());
    }
}

impl ServerHandler for Ledger {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let cursor = request.and_then(|request| request.cursor);
        let from = cursor.map_or(Ok(0), |cursor| cursor.parse::<usize>());
        let from = from.map_err(|_| ErrorData::invalid_params("no such page", None))?;
        let names = self.names.lock().unwrap();
        let end = (from + LENGTH).min(names.len());
        let tools = names.get(from..end).unwrap_or_default().iter();
        let tools = tools.map(|name| Tool::new(name.clone(), "", JsonObject::new()));
        let mut page = ListToolsResult::with_all_items(tools.collect());
        page.ttl_ms = Some(1_000 - from as u64);
        page.next_cursor = (end < names.len()).then(|| end.to_string());
        Ok(page)
    }
}

struct Listed {
    names: Vec<String>,
    cursor: Option<String>,
    ttl: u64,
}

async fn page(lab: &Lab, token: &str, cursor: Option<&str>) -> Listed {
    let params = json!({ "cursor": cursor });
    let reply = ask(lab, Some(token), "tools/list", params).await;
    let result = reply.message()["result"].clone();
    let tools = result["tools"].as_array().cloned();
    let tools = tools.unwrap_or_else(|| panic!("{reply:?}"));
    assert_eq!(result["cacheScope"], "private");
    Listed {
        names: tools.iter().map(|tool| text(&tool["name"])).collect(),
        cursor: result["nextCursor"].as_str().map(str::to_owned),
        ttl: result["ttlMs"].as_u64().unwrap_or_default(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

async fn pages(lab: &Lab, token: &str) -> Vec<Listed> {
    let mut pages = vec![page(lab, token, None).await];
    while let Some(cursor) = pages.last().and_then(|page| page.cursor.clone()) {
        pages.push(page(lab, token, Some(&cursor)).await);
    }
    pages
}

/// The names of every page as a handler would page them that had nothing else.
fn as_if_alone(names: impl Iterator<Item = String>) -> Vec<Vec<String>> {
    let names: Vec<_> = names.collect();
    match names.is_empty() {
        true => vec![Vec::new()],
        false => names.chunks(LENGTH).map(<[_]>::to_vec).collect(),
    }
}

fn names(pages: &[Listed]) -> Vec<Vec<String>> {
    pages.iter().map(|page| page.names.clone()).collect()
}

#[tokio::test]
async fn the_pages_are_those_of_a_list_that_has_nothing_else() {
    for visibility in [Visibility::All, Visibility::Granted] {
        let (ledger, lab) = Ledger::lab_with(visibility).await;
        let (low, high) = (lab.token("tools"), lab.token("tools admin"));
        // Every order of seven, and a few longer ones.
        let all_of_seven =
            (0..1u32 << 7).map(|bits| (0..7).map(|bit| bits >> bit & 1 == 1).collect());
        let mut orders: Vec<Vec<bool>> = all_of_seven.collect();
        orders.extend([1, 2, 3, 5, 7].map(|step| (0..30).map(|item| item % step == 0).collect()));
        orders.extend([Vec::new(), vec![true; 12], vec![false; 12]]);
        for order in orders {
            ledger.arrange(order.iter().copied());
            let shown = order.iter().filter(|is_open| **is_open).count();
            let alone = as_if_alone((0..shown).map(open));
            assert_eq!(names(&pages(&lab, &low).await), alone, "{order:?}");
            let all = as_if_alone(ledger.names.lock().unwrap().clone().into_iter());
            assert_eq!(names(&pages(&lab, &high).await), all, "{order:?}");
        }
    }
}

#[tokio::test]
async fn what_is_gone_or_new_in_between_loses_nothing() {
    let (ledger, lab) = Ledger::lab().await;
    let token = lab.token("tools");
    let list = |names: &[&str]| ledger.write(names.iter().map(|name| (*name).to_owned()));
    let own = [
        "open-0", "hidden-0", "open-1", "hidden-1", "open-2", "open-3",
    ];
    list(&own);
    let first = page(&lab, &token, None).await;
    assert_eq!(first.names, ["open-0", "open-1", "open-2"]);
    let cursor = first.cursor.as_deref();
    // As it was, with one that came before the next, without those before, and without the next.
    for (then, expected) in [
        (own.to_vec(), vec!["open-3"]),
        (
            vec![
                "open-0", "hidden-0", "open-1", "open-9", "hidden-1", "open-2", "open-3",
            ],
            vec!["open-9", "open-2", "open-3"],
        ),
        (
            vec!["open-0", "hidden-0", "open-1", "open-3"],
            vec!["open-3"],
        ),
        (
            vec![
                "open-0", "hidden-0", "open-1", "hidden-1", "open-2", "open-4",
            ],
            vec!["open-2", "open-4"],
        ),
        (vec!["open-0"], vec![]),
    ] {
        list(&then);
        let mut rest = Vec::new();
        let mut next = cursor.map(str::to_owned);
        while let Some(cursor) = next {
            let page = page(&lab, &token, Some(&cursor)).await;
            rest.extend(page.names);
            next = page.cursor;
        }
        assert_eq!(rest, expected, "{then:?}");
    }
}

/// What anybody can read of something sealed: rmcp's codec signs, and writes the rest in base64url.
pub(crate) fn readable(sealed: &str) -> String {
    let parts = sealed
        .split('.')
        .filter_map(|part| URL_SAFE_NO_PAD.decode(part).ok());
    String::from_utf8_lossy(&parts.flatten().collect::<Vec<_>>()).into_owned()
}

#[tokio::test]
async fn a_cursor_tells_nothing_by_its_text_or_its_length() {
    let (ledger, lab) = Ledger::lab().await;
    let token = lab.token("tools");
    let mut lengths = Vec::new();
    for concealed in [0, 4, 30] {
        let order = [vec![true; 2], vec![false; concealed], vec![true; 5]].concat();
        ledger.arrange(order);
        let cursor = page(&lab, &token, None).await.cursor.expect("more");
        let again = page(&lab, &token, None).await.cursor.expect("more");
        assert_ne!(cursor, again, "nor is one of equals known by the other");
        let readable = readable(&cursor);
        for told in ["open", "hidden", "page", "item", "null"] {
            assert!(!readable.contains(told), "{readable:?}");
        }
        lengths.push(cursor.len());
    }
    lengths.dedup();
    assert_eq!(lengths.len(), 1, "{lengths:?}");
}

#[tokio::test]
async fn one_request_asks_the_handler_for_so_many_pages_and_no_more() {
    let (ledger, lab) = Ledger::lab().await;
    let (low, high) = (lab.token("tools"), lab.token("tools admin"));
    // What lies between two that are shown, by far too much.
    let names = [vec![open(0)], vec![hidden(0); 400], vec![open(1)]].concat();
    ledger.write(names);
    let first = page(&lab, &low, None).await;
    let asked = ledger.asked.swap(0, Ordering::SeqCst);
    assert!(asked <= 32, "{asked}");
    assert_eq!(first.names, ["open-0"]);
    assert!(first.cursor.is_some());
    let all = names_of_all(&pages(&lab, &low).await);
    assert_eq!(all, ["open-0", "open-1"]);
    // Whoever is shown everything has one page looked at beyond its own.
    ledger.asked.store(0, Ordering::SeqCst);
    page(&lab, &high, None).await;
    assert_eq!(ledger.asked.load(Ordering::SeqCst), 2);
}

fn names_of_all(pages: &[Listed]) -> Vec<String> {
    names(pages).concat()
}

#[tokio::test]
async fn what_is_made_of_several_pages_is_kept_no_longer_than_any_of_them() {
    let (ledger, lab) = Ledger::lab().await;
    ledger.arrange([true, false, false, true, true, false, true, true]);
    let first = page(&lab, &lab.token("tools"), None).await;
    assert_eq!(first.names, ["open-0", "open-1", "open-2"]);
    assert_eq!(first.ttl, 1_000 - 6);
}

/// Where nothing is left out for anybody, the handler's pages are the pages.
#[tokio::test]
async fn where_nothing_is_concealed_the_handler_is_asked_for_one_page() {
    let ledger = Ledger::default();
    ledger.write((0..7).map(open));
    let rules = Rules::new().tools((0..7).map(open), scopes!["tools"]);
    let handler = ledger.clone();
    let lab = Lab::protecting(|_| handler.clone(), rules, |authz| authz).await;
    ledger.asked.store(0, Ordering::SeqCst);
    let pages = pages(&lab, &lab.token("")).await;
    assert_eq!(names(&pages), as_if_alone((0..7).map(open)));
    assert_eq!(ledger.asked.load(Ordering::SeqCst), 3);
}
