//! Handlers whose pages do not end, repeat themselves or fail: behind a gate that looks further than the page
//! it is asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use json::{Value, json};
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{Rule, Rules, scopes};
use support::{Lab, Reply};

use crate::ask;

/// One page: its tools, and the page that is said to follow.
type Page = (&'static [&'static str], Option<usize>);

/// A page that cannot be had.
const BROKEN: usize = 7;

/// A handler of these pages; one that there is not makes it panic.
#[derive(Clone)]
struct Liar {
    pages: &'static [Page],
    asked: Arc<AtomicUsize>,
}

impl ServerHandler for Liar {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let cursor = request.and_then(|request| request.cursor);
        // At start it is looked at from end to end, and has nothing to hide yet.
        if self.asked.fetch_add(1, Ordering::SeqCst) == 0 {
            let all = ["open-0", "open-1", "hidden-0", "hidden-1"];
            return Ok(ListToolsResult::with_all_items(all.map(tool).into()));
        }
        let at = cursor.map_or(0, |cursor| cursor.parse().unwrap_or(usize::MAX));
        if at == BROKEN {
            return Err(ErrorData::internal_error("the shelf is broken", None));
        }
        let (names, next) = self.pages[at];
        let tools = names.iter().map(|name| tool(name));
        let mut page = ListToolsResult::with_all_items(tools.collect());
        page.next_cursor = next.map(|next| next.to_string());
        Ok(page)
    }
}

fn tool(name: &str) -> Tool {
    Tool::new(name.to_owned(), "", JsonObject::new())
}

struct World {
    lab: Lab,
    asked: Arc<AtomicUsize>,
}

impl World {
    async fn new(pages: &'static [Page]) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let liar = Liar {
            pages,
            asked: Arc::clone(&asked),
        };
        let rules = Rules::new()
            .tools(["open-0", "open-1"], scopes!["tools"])
            .tools(
                ["hidden-0", "hidden-1"],
                Rule::from(scopes!["admin"]).conceal(),
            );
        let lab = Lab::protecting(|_| liar.clone(), rules, |authz| authz).await;
        Self { lab, asked }
    }

    /// One request, which asks the handler no more often than it may.
    async fn page(&self, cursor: Option<&str>) -> Reply {
        let before = self.asked.load(Ordering::SeqCst);
        let params = json!({ "cursor": cursor });
        let token = self.lab.token("tools");
        let reply = ask(&self.lab, Some(&token), "tools/list", params).await;
        let asked = self.asked.load(Ordering::SeqCst) - before;
        assert!((1..=32).contains(&asked), "{asked}");
        assert!(!reply.body.contains("hidden"), "{reply:?}");
        reply
    }

    /// So many pages at most, one after the other, and whether there would be another one.
    async fn pages(&self, most: usize) -> (Vec<String>, bool) {
        let (mut names, mut cursor) = (Vec::new(), None);
        for _ in 0..most {
            let reply = self.page(cursor.as_deref()).await;
            let result = &reply.message()["result"];
            let tools = result["tools"].as_array().expect("a list");
            let own = tools.iter().filter_map(|tool| tool["name"].as_str());
            names.extend(own.map(str::to_owned));
            cursor = result["nextCursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return (names, false);
            }
        }
        (names, true)
    }
}

/// The same page again and again, or two, of which nothing is shown, or some.
const ENDLESS: [&[Page]; 5] = [
    &[(&["hidden-0"], Some(0))],
    &[(&[], Some(0))],
    &[(&["hidden-0"], Some(1)), (&["hidden-1"], Some(0))],
    &[(&["open-0"], Some(0))],
    &[(&["open-0", "hidden-0"], Some(0))],
];

#[tokio::test]
async fn a_list_without_an_end_ends_every_request() {
    for (pages, shown) in ENDLESS.into_iter().zip([0, 0, 0, 3, 6]) {
        let world = World::new(pages).await;
        let (names, is_open) = world.pages(3).await;
        assert!(is_open, "{pages:?}");
        assert_eq!(names, vec!["open-0"; shown], "{pages:?}");
    }
}

/// An item is found again by its name; one that comes twice may come once more, and none is lost.
#[tokio::test]
async fn where_names_repeat_nothing_is_lost_and_there_is_an_end() {
    const TWICE: &[Page] = &[
        (&["hidden-0", "open-0"], Some(1)),
        (
            &["open-1", "open-1", "hidden-1", "open-1", "open-0"],
            Some(2),
        ),
        (&[], Some(3)),
        (&["hidden-0", "open-0"], None),
    ];
    let (names, is_open) = World::new(TWICE).await.pages(9).await;
    assert!(!is_open);
    let times = |name| names.iter().filter(|own| *own == name).count();
    assert!(times("open-1") >= 3 && times("open-0") >= 3, "{names:?}");
    assert!(names.len() <= 8, "{names:?}");
}

/// What fails further on is told by the same status and words, whoever is shown what.
#[tokio::test]
async fn a_page_that_panics_further_on_tells_nothing() {
    let world = World::new(&[(&["open-0", "hidden-0"], Some(9))]).await;
    let reply = world.page(None).await;
    assert_eq!(reply.status, 500, "{reply:?}");
    assert!(!reply.body.contains("open"), "{reply:?}");
    let _: Value = reply.message();
}

/// The error of a page is for whoever asks for that one: what comes before it can be had, by everybody.
#[tokio::test]
async fn a_page_that_fails_further_on_takes_nothing_from_the_one_before() {
    const AFTER_A_FULL_ONE: &[Page] = &[
        (&["open-0", "hidden-0"], Some(1)),
        (&["open-1"], Some(BROKEN)),
    ];
    const IN_THE_MIDDLE: &[Page] = &[(&["open-0", "hidden-0"], Some(BROKEN))];
    const WITH_NOTHING_BEFORE: &[Page] = &[(&["hidden-0"], Some(BROKEN))];
    for (pages, shown) in [
        (AFTER_A_FULL_ONE, &["open-0", "open-1"][..]),
        (IN_THE_MIDDLE, &["open-0"]),
        (WITH_NOTHING_BEFORE, &[]),
    ] {
        let world = World::new(pages).await;
        let reply = world.page(None).await;
        let result = reply.message()["result"].clone();
        let tools = result["tools"].as_array().cloned().unwrap_or_default();
        let names: Vec<_> = tools.iter().map(|tool| &tool["name"]).collect();
        assert_eq!(names, shown, "{reply:?}");
        let cursor = result["nextCursor"].as_str();
        assert!(cursor.is_some(), "{reply:?}");
        // Again and again, as often as it is asked for.
        for _ in 0..2 {
            let reply = world.page(cursor).await;
            assert_eq!(reply.error_code(), -32603, "{reply:?}");
            assert!(reply.body.contains("the shelf is broken"), "{reply:?}");
        }
    }
}
