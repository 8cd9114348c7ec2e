// Numbers of a strip: constants, or points of [seconds, value] as a preset writes them.

export const gainOf = (db) => 10 ** (db / 20);
export const dbOf = (gain) => (gain > 0 ? 20 * Math.log10(gain) : -Infinity);

/** The value of a number at a time: linear between its points, constant outside of them. */
export function valueAt(number, time_s) {
  if (!Array.isArray(number)) return number;
  if (time_s <= number[0][0]) return number[0][1];
  for (let i = 1; i < number.length; i += 1) {
    const [[from_s, from], [to_s, to]] = [number[i - 1], number[i]];
    if (time_s < to_s) return from + ((to - from) * (time_s - from_s)) / (to_s - from_s);
  }
  return number.at(-1)[1];
}

/** Whether anything in a strip moves in time. */
export function moves(value) {
  if (Array.isArray(value)) return Array.isArray(value[0]) || value.some(moves);
  return value !== null && typeof value === "object" && Object.values(value).some(moves);
}
