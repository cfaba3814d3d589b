//! Session descriptions.

use rill_sdp::{Attribute, Insertion, Media, Session};

/// What is accepted survives being written and read again; errors name a line that exists.
pub fn sdp(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let session = match Session::parse(&text) {
        Ok(session) => session,
        Err(error) => {
            assert!(
                (1..=text.lines().count() + 1).contains(&error.line),
                "line {}",
                error.line
            );
            assert!(error.to_string().len() < 1000, "a long error: {error}");
            return;
        }
    };
    let written = session.to_string();
    assert_eq!(Session::parse(&written).as_ref(), Ok(&session), "{written}");
    // IPv6 addresses may grow when they are written in their canonical form.
    assert!(
        written.len() <= 3 * text.len() + 64,
        "it grew to {} bytes",
        written.len()
    );
    look_at(&session);
    change(session);
}

fn look_at(session: &Session) {
    let tokens = session.sections().flat_map(|section| section.ice_options());
    let trickle = tokens.filter(|token| *token == "trickle").count() > 0;
    assert!(
        session.lists_trickle() || !trickle,
        "a section inherits what the session lacks"
    );
    for (index, media) in session.media.iter().enumerate() {
        let section = session.section(index).expect("it is within the sections");
        assert!(section.fingerprints().count() >= media.fingerprints().count());
        let _ = (
            section.ice_ufrag(),
            section.ice_pwd(),
            section.setup(),
            section.tls_id(),
        );
        let _ = (media.is_data(), media.is_rejected(), section.direction());
        if let Some(mid) = media.mid() {
            assert_eq!(
                session.media_by_mid(mid).and_then(|media| media.mid()),
                Some(mid)
            );
        }
    }
}

/// A description that was read stays a description when candidates are added and taken away.
fn change(mut session: Session) {
    let taken = session
        .media
        .iter()
        .flat_map(Media::candidates)
        .next()
        .cloned();
    let Some(media) = session.media.last_mut() else {
        return;
    };
    if let Some(candidate) = taken {
        let inserted = media.insert_candidate(candidate.clone());
        let again = media.insert_candidate(candidate);
        assert!(
            inserted == Insertion::Full || again == Insertion::Present,
            "inserted twice"
        );
    }
    media.insert_end_of_candidates();
    media.push(Attribute::Unknown {
        name: "x".into(),
        value: None,
    });
    let read = Session::parse(&session.to_string());
    assert_eq!(read.as_ref(), Ok(&session));
    let media = session.media.last_mut().expect("there was one");
    assert!(media.remove_attribute("end-of-candidates") > 0);
    media.remove_attribute("candidate");
    assert_eq!(media.candidates().count(), 0);
    assert!(!media.end_of_candidates());
}
