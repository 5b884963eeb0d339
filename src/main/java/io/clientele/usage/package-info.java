/// Counters per client, kept in memory and flushed in batches.
@NullMarked
package io.clientele.usage;

import org.jspecify.annotations.NullMarked;
