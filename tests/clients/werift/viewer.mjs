// A WHEP viewer based on werift, for the tests. It offers to receive a picture and its sound, and reports what arrives.
//
//   node viewer.mjs URL TOKEN
//
// Prints one JSON object per line: {session: its address} once the offer is accepted, {unit: an H.264 access unit as
// Annex B, in base64, rtp: its timestamp}, {sound: a payload of G.711, in base64}, and {state: of its DTLS}. Leaves,
// with a DELETE, when its standard input ends; otherwise when the connection ends.

import { H264RtpPayload, RTCPeerConnection, useH264, useNACK, usePCMU, usePLI } from "werift";

const [address, token] = process.argv.slice(2);
const say = (words) => process.stdout.write(JSON.stringify(words) + "\n");

const peer = new RTCPeerConnection({
  codecs: { video: [useH264({ rtcpFeedback: [useNACK(), usePLI()] })], audio: [usePCMU({ payloadType: 0 })] },
  iceServers: [],
  iceAdditionalHostAddresses: ["127.0.0.1"], // the tests' gateway is on loopback
});

peer.onTrack.subscribe((track) => track.onReceiveRtp.subscribe(track.kind === "video" ? look() : hear));

// Put access units together. One with a missing packet is left out, because nothing here puts late packets in order.
function look() {
  let unit = [];
  let fragment, stamp, next;
  let whole = false;
  return ({ header, payload }) => {
    const inOrder = next === undefined || header.sequenceNumber === next;
    next = (header.sequenceNumber + 1) & 0xffff;
    if (header.timestamp !== stamp) {
      stamp = header.timestamp;
      unit = [];
      fragment = undefined;
      whole = inOrder;
    } else if (!inOrder) {
      whole = false;
    }
    if (!whole) return;
    const taken = H264RtpPayload.deSerialize(payload, fragment);
    fragment = taken.fragment;
    if (taken.payload) unit.push(taken.payload);
    if (header.marker) say({ unit: Buffer.concat(unit).toString("base64"), rtp: stamp });
  };
}

function hear(packet) {
  say({ sound: packet.payload.toString("base64") });
}

peer.addTransceiver("video", { direction: "recvonly" });
peer.addTransceiver("audio", { direction: "recvonly" });
await peer.setLocalDescription(await peer.createOffer());
const answer = await fetch(address, {
  method: "POST",
  headers: { "Content-Type": "application/sdp", Authorization: `Bearer ${token}` },
  body: peer.localDescription.sdp,
});
if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`);
const session = new URL(answer.headers.get("Location"), address);
say({ session });
await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
peer.getTransceivers()[0].dtlsTransport.onStateChange.subscribe((state) => {
  say({ state });
  if (state === "closed" || state === "failed") process.stdout.write("", () => process.exit());
});

process.stdin.resume().on("end", async () => {
  await fetch(session, { method: "DELETE" });
  await peer.close();
});
