/** What district IT is to know and do of a camera, most urgent first. Pure. */

import type { CameraStatus, Source } from "./protocol.js";
import { standing } from "./severity.js";

/** A loss from which on pictures are visibly torn, and so many new connections that one looks for a cause. */
const LOSS = 0.01;
const RECONNECTS = 3;

/** Sentences, each once: those of a stream that names itself begin with the substream's name where it has them alone. */
export function advice(camera: CameraStatus): string[] {
  const { main, sub } = camera.streams;
  const ofMain = main ? lines(main) : [];
  const ofSub = sub ? lines(sub).filter((line) => !ofMain.includes(line)) : [];
  const viewers = main ? delivery(main) : [];
  return [...ofMain, ...ofSub.map((line) => (main ? `Substream: ${line}` : line)), ...viewers];
}

function lines(source: Source): string[] {
  const found = [source.state === "up" ? "" : source.advice, ...source.notes];
  if (standing(source) === "late" && source.notes.length === 0) {
    found.push("Its pictures are old when they arrive: look at its encoder, its recorder and the network between.");
  }
  if (source.loss >= LOSS) {
    const way = source.transport === "udp" ? "set its transport to tcp, or look at" : "look at";
    found.push(`Packets are lost on the way from the camera: ${way} its network.`);
  }
  if (source.reconnects >= RECONNECTS) {
    found.push(`Connected anew ${source.reconnects} times: look at its power, its cable and its switch.`);
  }
  return found.filter((line) => line !== "");
}

/** What viewers get, where that is not simply the camera's H.264. */
function delivery(main: Source): string[] {
  const plain = ["", "H264"].includes(main.codec) && !main.delivery.includes("transcode");
  return plain || main.delivery === "" ? [] : [main.delivery];
}
