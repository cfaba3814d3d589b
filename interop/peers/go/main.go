// Command peer is pion as a peer that speaks the protocol of interop/README.md over its standard
// streams.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/pion/webrtc"
)

// version is what the linker is told, see xtask/src/install.rs.
var version = "unknown"

type description struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

type candidate struct {
	Candidate        string  `json:"candidate"`
	SDPMid           *string `json:"sdpMid"`
	SDPMLineIndex    *uint16 `json:"sdpMLineIndex"`
	UsernameFragment *string `json:"usernameFragment"`
}

type command struct {
	ID          int         `json:"id"`
	Do          string      `json:"do"`
	Label       string      `json:"label"`
	Ordered     bool        `json:"ordered"`
	IceRestart  bool        `json:"iceRestart"`
	Description description `json:"description"`
	Candidate   *candidate  `json:"candidate"`
	Kind        string      `json:"kind"`
	Size        int         `json:"size"`
	Seed        int32       `json:"seed"`
}

type line map[string]interface{}

var output sync.Mutex

func emit(value line) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	output.Lock()
	defer output.Unlock()
	os.Stdout.Write(append(text, '\n'))
}

type peer struct {
	connection *webrtc.PeerConnection
	mutex      sync.Mutex
	channels   map[string]*webrtc.DataChannel
	restart    bool
}

func newPeer() (*peer, error) {
	connection, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	p := &peer{connection: connection, channels: map[string]*webrtc.DataChannel{}}
	connection.OnICECandidate(func(found *webrtc.ICECandidate) {
		if found == nil {
			emit(line{"event": "candidate", "candidate": nil})
			return
		}
		emit(line{"event": "candidate", "candidate": found.ToJSON()})
	})
	connection.OnICEGatheringStateChange(func(state webrtc.ICEGathererState) {
		emit(line{"event": "gathering", "state": state.String()})
	})
	connection.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		emit(line{"event": "connection", "state": state.String()})
	})
	connection.OnDataChannel(p.adopt)
	return p, nil
}

func (p *peer) adopt(channel *webrtc.DataChannel) {
	label := channel.Label()
	p.mutex.Lock()
	p.channels[label] = channel
	p.mutex.Unlock()
	channel.OnOpen(func() {
		emit(line{"event": "open", "label": label, "ordered": channel.Ordered()})
	})
	channel.OnClose(func() {
		emit(line{"event": "closed", "label": label})
	})
	channel.OnMessage(func(message webrtc.DataChannelMessage) {
		emit(line{"event": "message", "label": label, "digest": digest(message.IsString, message.Data)})
	})
}

// perform performs one command; what it returns is the reply.
func (p *peer) perform(given command) (line, error) {
	switch given.Do {
	case "channel":
		channel, err := p.connection.CreateDataChannel(given.Label, &webrtc.DataChannelInit{Ordered: &given.Ordered})
		if err != nil {
			return nil, err
		}
		p.adopt(channel)
		return line{}, nil
	case "offer":
		options := &webrtc.OfferOptions{ICERestart: given.IceRestart || p.restart}
		p.restart = false
		offer, err := p.connection.CreateOffer(options)
		return p.apply(offer, err)
	case "answer":
		if err := p.connection.SetRemoteDescription(parsed(given.Description)); err != nil {
			return nil, err
		}
		answer, err := p.connection.CreateAnswer(nil)
		return p.apply(answer, err)
	case "accept":
		return line{}, p.connection.SetRemoteDescription(parsed(given.Description))
	case "local":
		return p.local(), nil
	case "candidate":
		return line{}, p.addCandidate(given.Candidate)
	case "restart":
		p.restart = true
		return line{}, nil
	case "send":
		return p.send(given)
	case "closeChannel":
		channel, err := p.channel(given.Label)
		if err != nil {
			return nil, err
		}
		return line{}, channel.Close()
	case "state":
		return line{}, nil
	case "close":
		return line{}, p.connection.Close()
	}
	return nil, fmt.Errorf("there is no command named %s", given.Do)
}

func (p *peer) apply(created webrtc.SessionDescription, err error) (line, error) {
	if err != nil {
		return nil, err
	}
	if err := p.connection.SetLocalDescription(created); err != nil {
		return nil, err
	}
	return p.local(), nil
}

func (p *peer) local() line {
	local := p.connection.LocalDescription()
	return line{"description": description{Type: local.Type.String(), SDP: local.SDP}}
}

func (p *peer) addCandidate(given *candidate) error {
	// It has no mark for the end.
	if given == nil || given.Candidate == "" {
		return nil
	}
	return p.connection.AddICECandidate(webrtc.ICECandidateInit{
		Candidate:        given.Candidate,
		SDPMid:           given.SDPMid,
		SDPMLineIndex:    given.SDPMLineIndex,
		UsernameFragment: given.UsernameFragment,
	})
}

func (p *peer) channel(label string) (*webrtc.DataChannel, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if channel, ok := p.channels[label]; ok {
		return channel, nil
	}
	return nil, errors.New("there is no channel " + label)
}

func (p *peer) send(given command) (line, error) {
	channel, err := p.channel(given.Label)
	if err != nil {
		return nil, err
	}
	content := noise(given.Size, given.Seed)
	if given.Kind == "text" {
		text := hex.EncodeToString(content)[:given.Size]
		return line{"digest": digest(true, []byte(text))}, channel.SendText(text)
	}
	return line{"digest": digest(false, content)}, channel.Send(content)
}

func parsed(given description) webrtc.SessionDescription {
	return webrtc.SessionDescription{Type: webrtc.NewSDPType(given.Type), SDP: given.SDP}
}

// noise gives the same bytes for the same seed, by xorshift.
func noise(size int, seed int32) []byte {
	content := make([]byte, size)
	state := uint32(seed) | 1
	for i := range content {
		state ^= state << 13
		state ^= state >> 17
		state ^= state << 5
		content[i] = byte(state)
	}
	return content
}

// digest is the kind, the length in bytes and the FNV-1a hash.
func digest(isText bool, content []byte) line {
	hash := uint32(0x811c9dc5)
	for _, b := range content {
		hash = (hash ^ uint32(b)) * 0x01000193
	}
	kind := "binary"
	if isText {
		kind = "text"
	}
	return line{"kind": kind, "length": len(content), "hash": hash}
}

func run() error {
	emit(line{"event": "ready", "version": version})
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<20)
	var p *peer
	for input.Scan() {
		var given command
		if err := json.Unmarshal(input.Bytes(), &given); err != nil {
			return err
		}
		reply := line{}
		var err error
		if given.Do == "create" {
			p, err = newPeer()
		} else {
			reply, err = p.perform(given)
		}
		if err != nil {
			reply = line{"error": err.Error()}
		}
		reply["id"] = given.ID
		emit(reply)
	}
	return input.Err()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
