using System.Diagnostics.Metrics;
using CimStore.Disk.Foreign;
using CimStore.Disk.Uploads;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Objects;
using CimStore.Server.Configuration;
using CimStore.Server.Foreign;
using CimStore.Server.Http;
using CimStore.Server.Messaging;
using CimStore.Server.Tiers;
using CimStore.Server.Uploads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CimStore.Server;

/// <summary>
/// The HTTP node around an <see cref="IStorageClient"/>. It reads nothing but its options: no appsettings.json, no
/// ASPNETCORE_ variables, so that what it does can be read in one place.
/// </summary>
public sealed class CimStoreHost : IAsyncDisposable
{
    private const string UploadsFolder = "uploads";

    private readonly WebApplication _app;
    private readonly IStorageClient _node;

    private readonly TimeProvider _time;
    private readonly TimeSpan _drainDelay;

    private CimStoreHost(WebApplication app, IStorageClient node, TimeProvider time, TimeSpan drainDelay)
    {
        _app = app;
        _node = node;
        _time = time;
        _drainDelay = drainDelay;
    }

    /// <summary>Where the node listens, with the port that was taken.</summary>
    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    internal IServiceProvider Services => _app.Services;

    /// <summary>Checks the options, builds the host around <paramref name="node"/>, and listens.</summary>
    /// <param name="options">Of the HTTP node.</param>
    /// <param name="nats">Null: it does not speak NATS.</param>
    /// <param name="node">Owned by the host from here on, also when this throws; disposed after the last
    /// request.</param>
    /// <exception cref="RefusedException">The exposure is refused (D38), or an option does not fit.</exception>
    /// <exception cref="IOException">An address cannot be listened on.</exception>
    public static async Task<CimStoreHost> StartAsync(
        ServerOptions options, NatsConfiguration? nats, IStorageClient node, TimeProvider time,
        Action<ILoggingBuilder>? logging, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(time);
        try
        {
            Check(options);
            if (nats is { Foreign: true } && options.Translation is null)
            {
                throw new RefusedException(new Refusal(
                    "no-translation",
                    "\"nats\" takes events of other contexts (\"foreign\"), and \"translation\" names no rule file."));
            }

            var app = Build(options, nats, node, time, logging);
            var host = new CimStoreHost(app, node, time, options.Limits.DrainDelay);
            await app.StartAsync(cancellationToken);
            host.Addresses = [.. app.Services.GetRequiredService<IServer>().Features
                .GetRequiredFeature<IServerAddressesFeature>().Addresses.Select(address => new Uri(address))];
            Log.Listening(app.Logger, string.Join(' ', host.Addresses));
            return host;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <exception cref="RefusedException">The exposure is refused (D38), or an option does not fit.</exception>
    public static void Check(ServerOptions options)
    {
        if (Exposure.Refuse(options) is { } reason)
        {
            throw new RefusedException(new Refusal("exposure", reason));
        }

        TranslationFile.Load(options.Translation);
    }

    /// <summary>Completes when a stop was asked for (by a signal or by <see cref="StopAsync"/>).</summary>
    public async Task WaitForStopAsync(CancellationToken cancellationToken)
    {
        var lifetime = _app.Services.GetRequiredService<IHostApplicationLifetime>();
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var asked = lifetime.ApplicationStopping.Register(stopping.SetResult);
        await using var cancelled = cancellationToken.Register(() => stopping.TrySetResult());
        await stopping.Task;
    }

    /// <summary>
    /// Says that it is not ready and goes on serving for the drain delay; then takes no more requests, and lets those
    /// in flight finish within the grace.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await Task.Delay(_drainDelay, _time, cancellationToken);
        await _app.StopAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _node.DisposeAsync();
    }

    private static ForeignIngress OpenForeign(
        ServerOptions options, string folder, IStorageClient node, TimeProvider time, IdSource ids, ILogger log)
    {
        var reading = TranslationFile.Load(options.Translation);
        foreach (var warning in reading?.Findings ?? [])
        {
            Log.TranslationWarning(log, options.Translation!, warning.ToString());
        }

        return new ForeignIngress(
            node, reading?.Rules, new DeadLetterFiles(Path.Combine(folder, DeadLetterFiles.Folder)), options.Limits,
            time, ids, log);
    }

    private static WebApplication Build(
        ServerOptions options, NatsConfiguration? nats, IStorageClient node, TimeProvider time,
        Action<ILoggingBuilder>? logging)
    {
        var limits = options.Limits;
        var token = options.ReadToken();
        var ids = new IdSource(time);

        // Without a data directory, uploads and letters live as long as the system's temporary files.
        var folder = options.DataDirectory ?? Directory.CreateTempSubdirectory("cimstore-").FullName;
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ApplicationName = "CimStore.Server" });
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => Listening.Configure(kestrel, options));
        logging?.Invoke(builder.Logging);

        var services = builder.Services;
        services.AddRoutingCore();
        // As an instance: the container must not dispose it before the last request has ended.
        services.AddSingleton(node);
        services.AddSingleton(options);
        services.AddSingleton(limits);
        services.AddSingleton(time);
        services.AddSingleton(ids);
        services.AddSingleton(new CachePolicy(isPrivate: token is not null));
        services.AddSingleton(new AccessGate(token, options.Insecure));
        services.AddSingleton<RequestGate>();
        services.AddSingleton<FeedWriter>();
        services.AddSingleton<Readiness>();
        services.AddSingleton(new StagedUploads(Path.Combine(folder, UploadsFolder)));
        services.AddSingleton(provider => OpenForeign(
            options, folder, node, time, ids, provider.GetRequiredService<ILogger<ForeignIngress>>()));
        services.AddSingleton<UploadRegistry>();
        services.AddHostedService(provider => provider.GetRequiredService<UploadRegistry>());
        services.AddSingleton(provider => new SharedWork(
            nats?.Cluster is { } cluster ? cluster with { Nats = nats } : null, time, ids,
            provider.GetRequiredService<ILogger<SharedWork>>()));
        services.AddSingleton<Collector>();
        services.AddHostedService(provider => provider.GetRequiredService<Collector>());
        services.AddSingleton<TierWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<TierWorker>());
        services.AddSingleton(provider => new NatsWorker(
            nats, node, provider.GetRequiredService<ForeignIngress>(), provider.GetRequiredService<SharedWork>(), time,
            ids, provider.GetRequiredService<ILoggerFactory>(), provider.GetService<IMeterFactory>()));
        services.AddHostedService(provider => provider.GetRequiredService<NatsWorker>());
        services.Configure<HostOptions>(host => host.ShutdownTimeout = limits.ShutdownGrace);
        services.ConfigureHttpJsonOptions(json => WireJson.Configure(json.SerializerOptions));
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        ApiDocument.AddTo(services);

        var app = builder.Build();

        // Now, not with the first event: a directory that cannot be read stops the node here.
        app.Services.GetRequiredService<ForeignIngress>();
        RequestPipeline.Map(app);
        return app;
    }
}
