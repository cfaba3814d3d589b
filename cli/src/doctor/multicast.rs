//! Whether multicast DNS is heard, by which browsers in the same network are found.

use std::time::Duration;

use rill::{
    Cause, Configuration, DataChannelInit, IceCandidateInit, Loopback, PeerConnection,
    SessionDescription,
};
use tokio::time::{Instant, sleep};

use super::DoctorError;
use super::finding::{Finding, Grade};

/// As a browser offers it. Nobody has this name, so that it is looked for until it is given up.
const CANDIDATE: &str =
    "candidate:1 1 udp 2130706431 00000000-0000-4000-8000-000000000000.local 50000 typ host";

/// How often it is asked what became of the name.
const ASKING: Duration = Duration::from_millis(50);

/// Looks for a name, which takes four seconds. No finding if it takes longer than `limit`, or if there
/// is no network.
pub(super) async fn examine(limit: Duration) -> Result<Option<Finding>, DoctorError> {
    let end = Instant::now() + limit;
    let (caller, callee) = looking()
        .await
        .map_err(|error| DoctorError::Start(error.to_string()))?;
    let finding = loop {
        let finding = finding(&caller.diagnose().cause);
        if finding.is_some() || Instant::now() >= end {
            break finding;
        }
        // Candidates are used once their events are read.
        tokio::select! {
            Some(_) = caller.next_event() => {}
            () = sleep(ASKING) => {}
        }
    };
    caller.close();
    callee.close();
    Ok(finding)
}

/// A peer that knows no more of the other than the name.
async fn looking() -> Result<(PeerConnection, PeerConnection), Box<dyn std::error::Error>> {
    let make = || {
        PeerConnection::new(Configuration {
            loopback: Loopback::Always,
            ..Configuration::default()
        })
    };
    let (caller, callee) = (make()?, make()?);
    let _channel = caller.create_data_channel("doctor", DataChannelInit::default())?;
    caller.set_local_description(None).await?;
    let offer = caller.local_description().ok_or("there is no offer")?;
    callee.set_remote_description(bare(&offer)).await?;
    callee.set_local_description(None).await?;
    let answer = callee.local_description().ok_or("there is no answer")?;
    caller.set_remote_description(bare(&answer)).await?;
    let candidate = IceCandidateInit {
        candidate: CANDIDATE.to_owned(),
        sdp_m_line_index: Some(0),
        ..IceCandidateInit::default()
    };
    caller.add_ice_candidate(Some(candidate)).await?;
    Ok((caller, callee))
}

/// Without the candidates that were found so far, and their end: the two would connect, and the name
/// would come too late.
fn bare(description: &SessionDescription) -> SessionDescription {
    let lines = description.sdp.split_inclusive('\n');
    let found = ["a=candidate:", "a=end-of-candidates"];
    let kept = lines.filter(|line| !found.iter().any(|start| line.starts_with(start)));
    SessionDescription::new(description.kind, kept.collect::<String>())
}

fn finding(cause: &Cause) -> Option<Finding> {
    match cause {
        Cause::OnlyLocalNames { .. } => {
            let text = "Multicast is heard on this machine: browsers in its network, which offer only .local names, can be found if the network passes multicast on.";
            Some(Finding::new("multicast", Grade::Good, text))
        }
        Cause::MulticastBlocked { reason } => {
            let text = format!(
                "Multicast is blocked on this machine ({reason}): browsers offer only .local \
                 names, and none can be found; let UDP port 5353 through the firewall, or give \
                 both sides a STUN or TURN server."
            );
            Some(Finding::new("multicast", Grade::Note, text))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_the_name_tells_how_multicast_is() {
        let reason = "nobody answers".to_owned();
        let found = finding(&Cause::OnlyLocalNames { reason }).expect("it was looked for");
        assert_eq!(found.grade, Grade::Good);
        let reason = "not even our own questions are heard".to_owned();
        let found = finding(&Cause::MulticastBlocked { reason }).expect("it was looked for");
        assert_eq!(found.grade, Grade::Note);
        assert!(
            found
                .text
                .contains("(not even our own questions are heard)")
        );
        assert_eq!(finding(&Cause::LookingUpNames), None);
    }
}
