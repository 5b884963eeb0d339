/// Clients: their rows, the directory that keeps the hot ones in memory, authentication,
/// management.
@NullMarked
package io.clientele.client;

import org.jspecify.annotations.NullMarked;
