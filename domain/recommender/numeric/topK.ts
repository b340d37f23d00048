/**
 * Positions of the k highest values, highest first; equal values in ascending position.
 * A bounded heap: O(n log k), and no object for a value that does not make it.
 * @param leftOut asked only about values high enough to matter
 */
export function highest(values: Float32Array, k: number, leftOut: (position: number) => boolean): number[] {
  const heap: number[] = [];
  if (k <= 0) return heap;
  const isWorse = (a: number, b: number) => values[a]! < values[b]! || (values[a]! === values[b]! && a > b);

  for (let position = 0; position < values.length; position += 1) {
    if (heap.length === k && !isWorse(heap[0]!, position)) continue;
    if (leftOut(position)) continue;
    if (heap.length < k) siftUp(heap, heap.push(position) - 1, isWorse);
    else {
      heap[0] = position;
      siftDown(heap, isWorse);
    }
  }
  return heap.sort((a, b) => (isWorse(a, b) ? 1 : -1));
}

type Order = (a: number, b: number) => boolean;

function siftUp(heap: number[], from: number, isWorse: Order): void {
  for (let child = from, parent = (child - 1) >> 1; child > 0 && isWorse(heap[child]!, heap[parent]!); parent = (child - 1) >> 1) {
    swap(heap, child, parent);
    child = parent;
  }
}

function siftDown(heap: number[], isWorse: Order): void {
  for (let parent = 0; ;) {
    let worst = parent;
    for (const child of [2 * parent + 1, 2 * parent + 2]) {
      if (child < heap.length && isWorse(heap[child]!, heap[worst]!)) worst = child;
    }
    if (worst === parent) return;
    swap(heap, parent, worst);
    parent = worst;
  }
}

function swap(heap: number[], a: number, b: number): void {
  const kept = heap[a]!;
  heap[a] = heap[b]!;
  heap[b] = kept;
}
