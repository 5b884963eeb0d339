/// What the tests stand on: a real server, plain HTTP, raw sockets, a real PostgreSQL, a real
/// process.
@NullMarked
package io.clientele.harness;

import org.jspecify.annotations.NullMarked;
