/** Lists what district IT should know and do about a camera, most urgent first. Pure. */

import type { CameraStatus, Source } from "./protocol.js";
import { standing } from "./severity.js";

/**
 * If losses reach this share, pictures are visibly torn. After this many reconnections, somebody should look for the
 * cause.
 */
const LOSS = 0.01;
const RECONNECTS = 3;

/** Return the advice, each sentence once. A sentence that is true only for the substream begins with its name. */
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
    found.push("Its pictures are old when they arrive: check its encoder, its recorder and the network between.");
  }
  if (source.loss >= LOSS) {
    const way = source.transport === "udp" ? "set its transport to tcp, or check" : "check";
    found.push(`Packets are lost on the way from the camera: ${way} its network.`);
  }
  if (source.reconnects >= RECONNECTS) {
    found.push(`Reconnected ${source.reconnects} times: check its power, its cable and its network switch.`);
  }
  return found.filter((line) => line !== "");
}

/** Return a sentence about what viewers get, unless it is simply the camera's H.264. */
function delivery(main: Source): string[] {
  const plain = ["", "H264"].includes(main.codec) && !main.delivery.includes("transcode");
  return plain || main.delivery === "" ? [] : [main.delivery];
}
