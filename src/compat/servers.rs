//! Servers: where they are, what they speak, their variables, and who may connect.

use super::channels::{ChannelPair, names_in, pattern};
use super::differ::{Differ, Spot, parties, words};
use super::matching::{Matched, pair};
use super::{Api, Party, bindings, rules};
use crate::document::{Channel, Server};
use crate::schema::inclusion::Verdict;
use crate::syntax::NodeId;

impl<'f> Differ<'f> {
    /// Servers, matched by key, then by what they are.
    pub(super) fn servers(&mut self, channels: &[ChannelPair<'f>]) {
        let list = |api: Api<'f>| api.document.servers.iter().collect::<Vec<&'f Server>>();
        let what = |server: &Server| (server.protocol.clone(), address(server));
        let Matched { pairs, removed, added } = pair(
            list(self.old),
            list(self.new),
            &[&|old: &Server, new: &Server| old.key == new.key, &|old: &Server, new: &Server| what(old) == what(new)],
        );
        let everybody = parties(self.old.document.operations.iter().map(|operation| operation.action));
        for (old, new) in &pairs {
            self.server(old, new, &everybody);
        }
        for old in removed {
            // What only channels used that are gone as well goes with them.
            let used =
                |channel: &Channel| channel.servers.is_empty() || servers_of(self.old, channel).contains(&old.key);
            if channels.is_empty() || channels.iter().any(|pair| used(pair.old.1)) {
                let text = format!("the server `{}` was removed", old.key);
                self.report(&rules::SERVER_REMOVED, &everybody, &Spot::default().between(old.node, None), text, None);
            }
        }
        for new in added {
            let text = format!("the server `{}` was added", new.key);
            self.report(&rules::SERVER_ADDED, &everybody, &Spot::default().between(None, new.node), text, None);
        }
        for channel in channels {
            self.availability(channel, &pairs);
        }
    }

    fn server(&mut self, old: &Server, new: &Server, everybody: &[Party]) {
        let spot = Spot::default().between(old.node, new.node);
        if address(old) != address(new) {
            let place = |server: &Server| server.host.clone() + server.pathname.as_deref().unwrap_or("");
            let text = format!("the server `{}` moved from `{}` to `{}`", new.key, place(old), place(new));
            self.report(&rules::SERVER_MOVED, everybody, &spot, text, None);
        }
        if old.protocol != new.protocol {
            let text = format!("the server `{}` speaks `{}`, no longer `{}`", new.key, new.protocol, old.protocol);
            self.report(&rules::PROTOCOL_CHANGED, everybody, &spot, text, None);
        }
        if old.protocol_version != new.protocol_version {
            let word = |server: &Server| server.protocol_version.clone().unwrap_or_else(|| "any version".to_owned());
            let text = format!("the server `{}` speaks {}, no longer {}", new.key, word(new), word(old));
            self.report(&rules::PROTOCOL_VERSION_CHANGED, everybody, &spot, text, None);
        }
        self.variables(old, new, everybody);
        self.security(everybody, &spot, &format!("the server `{}`", new.key));
        self.bindings(bindings::Level::Server, everybody, &spot);
    }

    /// Variables, matched by their place in the address: their names travel nowhere.
    fn variables(&mut self, old: &Server, new: &Server, everybody: &[Party]) {
        let names = |server: &Server| names_in(&(server.host.clone() + server.pathname.as_deref().unwrap_or("")));
        let node = |api: Api<'f>, server: &Server, name: &str| {
            let variables = api.member(server.node, "variables")?;
            api.member(variables.id(), name).map(|node| node.id())
        };
        for (was, is) in names(old).iter().zip(&names(new)) {
            let nodes = (node(self.old, old, was), node(self.new, new, is));
            let spot = Spot::default().between(nodes.0.or(Some(old.node)), nodes.1.or(Some(new.node)));
            let (allowed, allows) = (listed(self.old, nodes.0), listed(self.new, nodes.1));
            let comparison = words(allowed.as_deref(), allows.as_deref());
            if let Verdict::Fails { witness, .. } = &comparison.backward {
                let text = format!("the variable `{is}` of the server `{}` no longer takes {witness}", new.key);
                self.report(&rules::VARIABLE_NARROWED, everybody, &spot, text, None);
            } else if let Verdict::Fails { witness, .. } = &comparison.forward {
                let text = format!("the variable `{is}` of the server `{}` takes {witness} too", new.key);
                self.report(&rules::VARIABLE_WIDENED, everybody, &spot, text, None);
            }
            let default = |server: &Server, name: &str| {
                server.variables.iter().find(|known| known.name == name).and_then(|known| known.default.clone())
            };
            if let (Some(was), Some(is_now)) = (default(old, was), default(new, is))
                && was != is_now
            {
                let text = format!(
                    "the variable `{is}` of the server `{}` is `{is_now}` by default, no longer `{was}`",
                    new.key
                );
                self.report(&rules::VARIABLE_NARROWED, everybody, &spot, text, None);
            }
        }
    }

    /// The servers on which a channel is available.
    fn availability(&mut self, channel: &ChannelPair<'f>, servers: &[(&Server, &Server)]) {
        let (old, new) = (channel.old.1, channel.new.1);
        if new.servers.is_empty() {
            return;
        }
        let (before, after) = (servers_of(self.old, old), servers_of(self.new, new));
        let there = |server: &Server| before.is_empty() || before.contains(&server.key);
        let left: Vec<&str> = servers
            .iter()
            .filter(|(old, new)| there(old) && !after.contains(&new.key))
            .map(|(_, new)| new.key.as_str())
            .collect();
        for server in left {
            let spot = Spot::channel(&new.key).between(old.node, new.node);
            let text = format!("the channel `{}` is no longer available on the server `{server}`", new.key);
            self.report(&rules::CHANNEL_LEFT_SERVER, &channel.parties(self.old), &spot, text, None);
        }
    }
}

/// Host and path as they are on the wire: a lone `/` is no path, and the names of variables are nobody's business.
fn address(server: &Server) -> String {
    pattern(&(server.host.clone() + server.pathname.as_deref().unwrap_or("").trim_end_matches('/')))
}

/// The keys of the servers that a channel names.
pub(super) fn servers_of(api: Api<'_>, channel: &Channel) -> Vec<String> {
    channel.servers.iter().filter_map(|id| api.document.server(*id)).map(|server| server.key.clone()).collect()
}

/// The values of an `enum`; `None` where there is none.
fn listed(api: Api<'_>, node: Option<NodeId>) -> Option<Vec<String>> {
    let list = api.files.node(node?).get("enum")?;
    Some(list.items().filter_map(|item| item.as_str().map(str::to_owned)).collect())
}
