"""Listens to what a page plays. It sits between Web Audio and the loudspeaker, so that silence is real silence."""

from typing import Any

from playwright.async_api import Page

from rig.processes import until

# All sound passes through an analyser, which notes the peak and the strongest tone 25 times a second.
EAR = """
(() => {
  const connect = AudioNode.prototype.connect;
  const ears = new Map();
  window.heard = [];
  window.vibrations = [];
  navigator.vibrate = (pattern) => { window.vibrations.push(pattern); return true; };
  AudioNode.prototype.connect = function (to, ...more) {
    if (!(to instanceof AudioDestinationNode)) return connect.call(this, to, ...more);
    if (!ears.has(to)) {
      const ear = new AnalyserNode(to.context, { fftSize: 4096, smoothingTimeConstant: 0 });
      connect.call(ear, to);
      ears.set(to, ear);
    }
    return connect.call(this, ears.get(to), ...more);
  };
  setInterval(() => {
    let best = { at: performance.now(), peak: 0, hertz: 0 };
    for (const ear of ears.values()) {
      const wave = new Float32Array(ear.fftSize);
      ear.getFloatTimeDomainData(wave);
      const peak = wave.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const tones = new Float32Array(ear.frequencyBinCount);
      ear.getFloatFrequencyData(tones);
      const loudest = tones.reduce((most, value, bin) => (value > tones[most] ? bin : most), 0);
      if (peak > best.peak) best = { ...best, peak, hertz: (loudest * ear.context.sampleRate) / ear.fftSize };
    }
    window.heard.push(best);
    if (window.heard.length > 1000) window.heard.shift();
  }, 40);
})();
"""
LOUD = 0.05
QUIET = 0.003


async def heard(page: Page, seconds: float) -> list[dict[str, Any]]:
    """Return the sound of the last ``seconds``: page time in ms, peak (at most 1) and strongest tone in Hz."""
    script = "ms => window.heard.filter(one => one.at > performance.now() - ms)"
    return list(await page.evaluate(script, seconds * 1000))


async def sounds(page: Page, within: float = 5.0) -> None:
    """Wait until the page makes a sound."""

    async def loud() -> bool:
        return any(one["peak"] > LOUD for one in await heard(page, 1.0))

    await until(loud, within, "a sound")


async def is_silent(page: Page, seconds: float = 3.0, within: float = 8.0) -> None:
    """Wait until the page has been silent for ``seconds``."""

    async def quiet() -> bool:
        lately = await heard(page, seconds)
        ages = [lately[0]["at"], lately[-1]["at"]] if lately else [0, 0]
        return ages[1] - ages[0] > (seconds - 0.5) * 1000 and all(one["peak"] < QUIET for one in lately)

    await until(quiet, within, "silence")


async def tones(page: Page, seconds: float) -> list[float]:
    """Return the strongest tones of the last ``seconds`` in Hz, lowest first."""
    return sorted(one["hertz"] for one in await heard(page, seconds) if one["peak"] > LOUD)
