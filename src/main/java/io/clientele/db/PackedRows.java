package io.clientele.db;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/// Rows in memory as bytes, each under its key: a third of what they take as objects, in few large
/// arrays, which cost a garbage collector next to nothing however many rows there are.
///
/// Bounded: where there is no room, the oldest make some, but for those that somebody asked for, or
/// put again, since they were written or spared. A row that was read before its key was dropped is
/// not taken after it.
///
/// In stripes, each with a lock of its own that is held for less than a microsecond (but for the
/// one write in hundreds that makes room, and the few that make the table larger). In a stripe the
/// rows stand one after the other in segments; a hash table with linear probing says where. Its
/// hash has a seed that nobody outside knows, so that nobody can choose keys that make it slow.
public final class PackedRows {

  private static final int FEWEST_STRIPES = 64;
  private static final int LARGEST_STRIPE = 16 << 20;
  private static final int SEGMENTS_IN_SMALL_STRIPE = 8;
  private static final int SMALLEST_SEGMENT = 1 << 10;
  private static final int LARGEST_SEGMENT = 64 << 10;

  /// Of a record: length of the whole (2 bytes), whether somebody asked for it, length of the key.
  private static final int HEADER = 4;

  private static final int ASKED = 2;
  private static final int KEY_LENGTH = 3;
  private static final int LONGEST_KEY = 255;

  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final Stripe[] stripes;
  private final int segmentBytes;
  private final int segments;
  private final long seed;
  private final long multiplier;

  /// @param bytes how much memory it may take, roughly
  public PackedRows(long bytes) {
    SecureRandom random = new SecureRandom();
    seed = random.nextLong();
    multiplier = random.nextLong() | 1;
    // An eighth is for the hash tables.
    long forRows = bytes / 8 * 7;
    int count = FEWEST_STRIPES;
    while (forRows / count > LARGEST_STRIPE) {
      count *= 2;
    }
    int stripeBytes = Math.toIntExact(forRows / count);
    segmentBytes =
        Math.clamp(stripeBytes / SEGMENTS_IN_SMALL_STRIPE, SMALLEST_SEGMENT, LARGEST_SEGMENT);
    segments = Math.max(2, stripeBytes / segmentBytes);
    stripes = IntStream.range(0, count).mapToObj(i -> new Stripe()).toArray(Stripe[]::new);
  }

  /// How often keys were dropped, by stripe: taken before rows are read from the database.
  public static final class Marks {
    private final long[] drops;

    private final PackedRows rows;

    private Marks(PackedRows rows, long[] drops) {
      this.rows = rows;
      this.drops = drops;
    }

    /// What `put` wants for one of the rows.
    public long of(byte[] key) {
      return drops[rows.number(rows.hash(key))];
    }
  }

  /// What `put` wants, taken before a row is read from the database.
  public long mark(byte[] key) {
    return stripe(hash(key)).drops;
  }

  /// The same for rows of which the keys are not known yet.
  public Marks marks() {
    long[] drops = new long[stripes.length];
    for (int i = 0; i < drops.length; i++) {
      drops[i] = stripes[i].drops;
    }
    return new Marks(this, drops);
  }

  /// The row of a key, if it is here.
  public Optional<byte[]> get(byte[] key) {
    long hash = hash(key);
    return Optional.ofNullable(stripe(hash).get((int) hash, key));
  }

  /// Takes a row, in place of the one of its key, unless a key of its stripe was dropped since it
  /// was read, or it is too long: then nothing is done.
  ///
  /// @param mark of the key, from before it was read
  public void put(byte[] key, byte[] row, long mark) {
    int length = HEADER + key.length + row.length;
    if (key.length > LONGEST_KEY || length > segmentBytes / 2) {
      return;
    }
    long hash = hash(key);
    stripe(hash).put((int) hash, key, row, mark);
  }

  /// Forgets a row, and does not take it from who read it before this.
  public void drop(byte[] key) {
    long hash = hash(key);
    stripe(hash).drop((int) hash, key);
  }

  /// Forgets all, in the same way.
  public void dropAll() {
    for (Stripe stripe : stripes) {
      stripe.dropAll();
    }
  }

  /// How many rows are here, roughly.
  public long size() {
    return Arrays.stream(stripes).mapToLong(stripe -> stripe.rows).sum();
  }

  /// Whether new rows find room without making some.
  public boolean hasRoom() {
    int made = Arrays.stream(stripes).mapToInt(stripe -> stripe.segmentsMade).sum();
    return made < 0.95 * (segments * (double) stripes.length);
  }

  private Stripe stripe(long hash) {
    return stripes[number(hash)];
  }

  private int number(long hash) {
    return (int) (hash >>> 32) & (stripes.length - 1);
  }

  private long hash(byte[] key) {
    return hash(key, 0, key.length);
  }

  private long hash(byte[] bytes, int from, int length) {
    long hash = seed ^ length;
    int end = from + length;
    int at = from;
    for (; at + Long.BYTES <= end; at += Long.BYTES) {
      hash = mixed(hash ^ (long) LONGS.get(bytes, at));
    }
    long rest = 0;
    for (; at < end; at++) {
      rest = (rest << 8) | (bytes[at] & 0xff);
    }
    return mixed(mixed(hash ^ rest));
  }

  /// Both halves of the product, folded.
  private long mixed(long value) {
    return Math.unsignedMultiplyHigh(value, multiplier) ^ (value * multiplier);
  }

  /// A part of the rows. Written under its lock; `drops`, `rows` and `segmentsMade` are read
  /// without.
  @SuppressWarnings("NonAtomicVolatileUpdate") // One thread at a time writes.
  private final class Stripe {

    private static final int EMPTY = 0;

    private final byte[][] all = new byte[segments][];

    /// Bytes written in each segment.
    private final int[] ends = new int[segments];

    /// Bytes of each segment that slots lead to.
    private final int[] alive = new int[segments];

    private int current;
    private int oldest;

    /// Hash in the upper half, place + 1 in the lower; 0 for an empty slot.
    private long[] slots = new long[16];

    private volatile long drops;
    private volatile int rows;
    private volatile int segmentsMade;

    synchronized byte @org.jspecify.annotations.Nullable [] get(int hash, byte[] key) {
      int slot = find(hash, key);
      if (slot < 0) {
        return null;
      }
      int place = placeOf(slots[slot]);
      byte[] segment = all[place / segmentBytes];
      int at = place % segmentBytes;
      segment[at + ASKED] = 1;
      return Arrays.copyOfRange(segment, at + HEADER + key.length, at + length(segment, at));
    }

    synchronized void put(int hash, byte[] key, byte[] row, long mark) {
      if (drops != mark) {
        return;
      }
      int slot = find(hash, key);
      if (slot >= 0) {
        int known = placeOf(slots[slot]);
        if (holds(known, key.length, row)) {
          all[known / segmentBytes][known % segmentBytes + ASKED] = 1;
          return;
        }
        empty(slot);
      }
      int length = HEADER + key.length + row.length;
      if (segmentsMade == 0 || ends[current] + length > segmentBytes) {
        current = next();
      }
      byte[] segment = all[current];
      int at = ends[current];
      SHORTS.set(segment, at, (short) length);
      segment[at + ASKED] = 0;
      segment[at + KEY_LENGTH] = (byte) key.length;
      System.arraycopy(key, 0, segment, at + HEADER, key.length);
      System.arraycopy(row, 0, segment, at + HEADER + key.length, row.length);
      ends[current] = at + length;
      alive[current] += length;
      add(hash, current * segmentBytes + at);
    }

    synchronized void drop(int hash, byte[] key) {
      drops = drops + 1;
      remove(hash, key);
    }

    synchronized void dropAll() {
      drops = drops + 1;
      Arrays.fill(all, null);
      Arrays.fill(ends, 0);
      Arrays.fill(alive, 0);
      segmentsMade = 0;
      current = 0;
      oldest = 0;
      slots = new long[16];
      rows = 0;
    }

    /// A segment that is at least half free: a new one, or one of which half is not alive any more;
    /// else the oldest, in which room is made.
    private int next() {
      if (segmentsMade < segments) {
        int made = segmentsMade;
        all[made] = new byte[segmentBytes];
        segmentsMade = made + 1;
        return made;
      }
      int chosen = oldest;
      for (int i = 1; i < segments; i++) {
        int number = (current + i) % segments;
        if (alive[number] <= segmentBytes / 2) {
          chosen = number;
          break;
        }
      }
      if (chosen == oldest) {
        oldest = (oldest + 1) % segments;
      }
      makeRoom(chosen);
      return chosen;
    }

    /// Makes at least half of a segment free. What was dropped, or written anew elsewhere, goes; if
    /// that is not enough, what nobody asked for too; then the rest. What stays moves to the
    /// beginning.
    private void makeRoom(int number) {
      byte[] segment = all[number];
      boolean isEnough = alive[number] <= segmentBytes / 2;
      int kept = 0;
      int length;
      for (int at = 0; at < ends[number]; at += length) {
        length = length(segment, at);
        int slot = slotOf(number, at);
        if (slot < 0) {
          continue;
        }
        if ((isEnough || segment[at + ASKED] == 1) && kept + length <= segmentBytes / 2) {
          System.arraycopy(segment, at, segment, kept, length);
          segment[kept + ASKED] = 0;
          slots[slot] = slot(hashOf(slots[slot]), number * segmentBytes + kept);
          kept += length;
        } else {
          empty(slot);
        }
      }
      ends[number] = kept;
    }

    /// The slot that says this place of a segment, at which a record begins.
    ///
    /// @return -1 if none does
    private int slotOf(int number, int at) {
      byte[] segment = all[number];
      int hash = (int) PackedRows.this.hash(segment, at + HEADER, segment[at + KEY_LENGTH] & 0xff);
      int mask = slots.length - 1;
      long wanted = slot(hash, number * segmentBytes + at);
      for (int i = hash & mask; slots[i] != EMPTY; i = (i + 1) & mask) {
        if (slots[i] == wanted) {
          return i;
        }
      }
      return -1;
    }

    private static int length(byte[] segment, int at) {
      return Short.toUnsignedInt((short) SHORTS.get(segment, at));
    }

    private static long slot(int hash, int place) {
      return ((long) hash << 32) | (place + 1);
    }

    private static int hashOf(long slot) {
      return (int) (slot >>> 32);
    }

    private static int placeOf(long slot) {
      return (int) slot - 1;
    }

    /// @return -1 if it is not here
    private int find(int hash, byte[] key) {
      int mask = slots.length - 1;
      for (int i = hash & mask; slots[i] != EMPTY; i = (i + 1) & mask) {
        if (hashOf(slots[i]) == hash && isOf(placeOf(slots[i]), key)) {
          return i;
        }
      }
      return -1;
    }

    private boolean isOf(int place, byte[] key) {
      byte[] segment = all[place / segmentBytes];
      int at = place % segmentBytes;
      int begin = at + HEADER;
      return (segment[at + KEY_LENGTH] & 0xff) == key.length
          && Arrays.equals(segment, begin, begin + key.length, key, 0, key.length);
    }

    private boolean holds(int place, int keyLength, byte[] row) {
      byte[] segment = all[place / segmentBytes];
      int at = place % segmentBytes;
      int begin = at + HEADER + keyLength;
      return Arrays.equals(segment, begin, at + length(segment, at), row, 0, row.length);
    }

    private void add(int hash, int place) {
      if ((rows + 1) * 4L > slots.length * 3L) {
        long[] before = slots;
        slots = new long[before.length * 2];
        for (long slot : before) {
          if (slot != EMPTY) {
            insert(slot);
          }
        }
      }
      insert(slot(hash, place));
      rows = rows + 1;
    }

    private void insert(long slot) {
      int mask = slots.length - 1;
      int i = hashOf(slot) & mask;
      while (slots[i] != EMPTY) {
        i = (i + 1) & mask;
      }
      slots[i] = slot;
    }

    private void remove(int hash, byte[] key) {
      int slot = find(hash, key);
      if (slot >= 0) {
        empty(slot);
      }
    }

    /// Empties a slot, and moves those behind it that probing would not find any more.
    private void empty(int slot) {
      int place = placeOf(slots[slot]);
      int number = place / segmentBytes;
      alive[number] -= length(all[number], place % segmentBytes);
      int mask = slots.length - 1;
      int gap = slot;
      for (int i = (gap + 1) & mask; slots[i] != EMPTY; i = (i + 1) & mask) {
        int home = hashOf(slots[i]) & mask;
        if (((i - home) & mask) >= ((i - gap) & mask)) {
          slots[gap] = slots[i];
          gap = i;
        }
      }
      slots[gap] = EMPTY;
      rows = rows - 1;
    }
  }
}
