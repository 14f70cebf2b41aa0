// A WHEP viewer based on pion, for the tests. It offers to receive a picture and its sound, and reports what arrives.
//
//	viewer URL TOKEN
//
// Prints one JSON object per line: {"session": its address} once the offer is accepted, {"unit": an H.264 access unit
// as Annex B, in base64, "rtp": its timestamp}, {"sound": a payload of G.711, in base64, "codec": its name}, and
// {"state": of the connection}. Leaves, with a DELETE, when its standard input ends; otherwise when the connection
// ends.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media/samplebuilder"
)

const patience = 5 * time.Second

type told map[string]any

// Only one track at a time may write a line.
var (
	saying sync.Mutex
	line   = json.NewEncoder(os.Stdout)
)

func say(what told) {
	saying.Lock()
	defer saying.Unlock()
	if line.Encode(what) != nil {
		os.Exit(1) // nobody is reading any more
	}
}

func main() {
	err := watch(os.Args[1], os.Args[2])
	saying.Lock() // so that no line is left half written
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func watch(address, token string) error {
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true) // the tests' gateway is on loopback
	peer, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return err
	}
	over := make(chan struct{})
	peer.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		say(told{"state": state.String()})
		if state == webrtc.PeerConnectionStateFailed || state == webrtc.PeerConnectionStateClosed {
			close(over)
		}
	})
	peer.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		if track.Kind() == webrtc.RTPCodecTypeAudio {
			hear(track)
		} else {
			look(track)
		}
	})
	offer, err := offered(peer)
	if err != nil {
		return err
	}
	session, answer, err := exchange(address, token, offer)
	if err != nil {
		return err
	}
	say(told{"session": session})
	err = peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
	if err != nil {
		return err
	}
	leaving := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(leaving)
	}()
	select {
	case <-over:
		return nil
	case <-leaving:
		return errors.Join(leave(session), peer.Close())
	}
}

// The offer with all candidates: the picture first, then the sound.
func offered(peer *webrtc.PeerConnection) (string, error) {
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		receive := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
		if _, err := peer.AddTransceiverFromKind(kind, receive); err != nil {
			return "", err
		}
	}
	offer, err := peer.CreateOffer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(peer)
	if err = peer.SetLocalDescription(offer); err != nil {
		return "", err
	}
	<-gathered
	return peer.LocalDescription().SDP, nil
}

// The address of the session, and the answer to the offer.
func exchange(address, token, offer string) (string, string, error) {
	request, err := http.NewRequest(http.MethodPost, address, strings.NewReader(offer))
	if err != nil {
		return "", "", err
	}
	request.Header.Set("Content-Type", "application/sdp")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := (&http.Client{Timeout: patience}).Do(request)
	if err != nil {
		return "", "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", "", err
	}
	if response.StatusCode != http.StatusCreated {
		return "", "", fmt.Errorf("%s: %s", response.Status, body)
	}
	session, err := request.URL.Parse(response.Header.Get("Location"))
	if err != nil {
		return "", "", err
	}
	return session.String(), string(body), nil
}

func leave(session string) error {
	where, err := url.Parse(session)
	if err != nil {
		return err
	}
	request := &http.Request{Method: http.MethodDelete, URL: where}
	response, err := (&http.Client{Timeout: patience}).Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func look(track *webrtc.TrackRemote) {
	building := samplebuilder.New(512, &codecs.H264Packet{}, track.Codec().ClockRate)
	for packet, err := next(track); err == nil; packet, err = next(track) {
		building.Push(packet)
		for unit := building.Pop(); unit != nil; unit = building.Pop() {
			say(told{"unit": unit.Data, "rtp": unit.PacketTimestamp})
		}
	}
}

func hear(track *webrtc.TrackRemote) {
	_, codec, _ := strings.Cut(track.Codec().MimeType, "/")
	for packet, err := next(track); err == nil; packet, err = next(track) {
		say(told{"sound": packet.Payload, "codec": codec})
	}
}

func next(track *webrtc.TrackRemote) (*rtp.Packet, error) {
	packet, _, err := track.ReadRTP()
	return packet, err
}
