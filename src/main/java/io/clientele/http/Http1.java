package io.clientele.http;

import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.internal.HttpConnection;

/// Makes connections that one thread at a time reads.
///
/// Jetty (12.1.14) means them to be so, but has bytes that are no request refused by another thread
/// at once, which goes on to read the connection when it has sent the refusal. If the first thread
/// was held up meanwhile, it then gives away the buffer that the other one is filling: the next
/// connection gets it too, and what one peer sends is read as another's. Both threads come through
/// `onFillable`, so the second waits here until the first has gone.
final class Http1 extends HttpConnectionFactory {

  Http1(HttpConfiguration configuration) {
    super(configuration);
  }

  @Override
  public Connection newConnection(Connector connector, EndPoint endPoint) {
    return configure(
        new OneReader(getHttpConfiguration(), connector, endPoint), connector, endPoint);
  }

  private static final class OneReader extends HttpConnection {
    private final ReentrantLock reading = new ReentrantLock();

    OneReader(HttpConfiguration configuration, Connector connector, EndPoint endPoint) {
      super(configuration, connector, endPoint);
    }

    @Override
    public void onFillable() {
      reading.lock();
      try {
        super.onFillable();
      } finally {
        reading.unlock();
      }
    }
  }
}
