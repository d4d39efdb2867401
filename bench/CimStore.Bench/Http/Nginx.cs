using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace CimStore.Bench.Http;

/// <summary>nginx with one worker, serving a directory with sendfile on a free port of the loopback.</summary>
internal sealed class Nginx(Process process, Uri address) : IDisposable
{
    public Uri Address => address;

    /// <returns>Null when it is not installed.</returns>
    public static Nginx? Start(string directory)
    {
        var port = FreePort();
        var folder = Directory.CreateDirectory(Path.Combine(directory, $"nginx-{port}")).FullName;
        var settings = Path.Combine(folder, "nginx.conf");
        File.WriteAllText(settings, $$"""
            daemon off;
            user root;
            worker_processes 1;
            pid {{folder}}/pid;
            error_log {{folder}}/error.log;
            events { }
            http {
              access_log off;
              sendfile on;
              tcp_nopush on;
              keepalive_requests 1000000;
              client_body_temp_path {{folder}}/body;
              proxy_temp_path {{folder}}/proxy;
              fastcgi_temp_path {{folder}}/fastcgi;
              uwsgi_temp_path {{folder}}/uwsgi;
              scgi_temp_path {{folder}}/scgi;
              server { listen 127.0.0.1:{{port}}; root {{directory}}; }
            }
            """);
        try
        {
            var process = Process.Start("nginx", ["-c", settings, "-e", $"{folder}/error.log"]);
            WaitFor(port);
            return new Nginx(process, new Uri($"http://127.0.0.1:{port}/"));
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    public void Dispose()
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void WaitFor(int port)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new TcpClient("127.0.0.1", port);
                return;
            }
            catch (SocketException) when (attempt < 100)
            {
                Thread.Sleep(50);
            }
        }
    }
}
