// Reads the time code of gateway/simulator/pictures/timecode.py (geometry there) from the pixels of a canvas.
// imageData: {width, height, data: RGBA bytes}. Returns milliseconds since 1970, or null where there is no time code.
function readTimecode(imageData) {
  const { width, height, data } = imageData;
  const CELLS = 64;
  const rowHeight = Math.floor(height / 20);
  if (width < CELLS || rowHeight < 1) return null;
  const margin = Math.floor(rowHeight / 4);

  const levels = [];
  for (let cell = 0; cell < CELLS; cell++) {
    let left = Math.floor((cell * width) / CELLS);
    let right = Math.floor(((cell + 1) * width) / CELLS);
    const inset = Math.floor((right - left) / 4);
    left += inset;
    right -= inset;
    let sum = 0;
    let count = 0;
    for (let y = height - rowHeight + margin; y < height - margin; y++) {
      for (let x = left; x < right; x++) {
        const at = (y * width + x) * 4;
        sum += (data[at] + data[at + 1] + data[at + 2]) / 3;
        count++;
      }
    }
    levels.push(sum / count);
  }

  const mean = (cells) => cells.reduce((sum, cell) => sum + levels[cell], 0) / cells.length;
  const white = mean([0, 2, 61, 63]);
  const black = mean([1, 3, 60, 62]);
  if (white - black < 64) return null;
  const bits = levels.map((level) => (level > (white + black) / 2 ? 1 : 0));
  if (bits.slice(0, 4).join("") !== "1010" || bits.slice(60).join("") !== "0101") return null;

  let milliseconds = 0; // 48 bits: beyond what bitwise operators hold
  let crc = 0;
  for (let i = 4; i < 52; i++) {
    milliseconds = milliseconds * 2 + bits[i];
    const carry = ((crc >> 7) & 1) ^ bits[i];
    crc = ((crc << 1) & 0xff) ^ (carry ? 0x07 : 0);
  }
  const told = parseInt(bits.slice(52, 60).join(""), 2);
  return crc === told ? milliseconds : null;
}
