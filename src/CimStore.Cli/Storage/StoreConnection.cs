using System.Collections.Immutable;
using CimStore.Cli.Terminal;
using CimStore.Disk;
using CimStore.Disk.Foreign;
using CimStore.Disk.Pool;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Server.Foreign;
using CimStore.Server.Tiers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CimStore.Cli.Storage;

/// <summary>The store that a command works on: a node over HTTP, or the data directory in this process.</summary>
internal sealed class StoreConnection : IAsyncDisposable
{
    private const string MarkerName = "cimstore.json";

    /// <summary>Another short command has the directory: it is worth waiting for it.</summary>
    private static readonly TimeSpan BusyWaitMax = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan BusyPollInterval = TimeSpan.FromMilliseconds(50);

    private readonly CimStoreHttpOptions? _address;
    private readonly DiskStore? _store;
    private readonly StorageNode? _node;
    private readonly ImmutableArray<PoolLocation> _pools = [];
    private IDeadLetters? _letters;

    private StoreConnection(string where, IStorageClient client)
    {
        Client = client;
        Where = where;
    }

    private StoreConnection(string where, CimStoreHttpOptions options)
        : this(where, new HttpStorageClient(options)) => _address = options;

    private StoreConnection(string where, ComposedNode composed)
        : this(where, composed.Node) => (_node, _store, _pools) = (composed.Node, composed.Store, composed.Pools);

    public IStorageClient Client { get; }

    /// <summary>The same, for what an operator does; both kinds of client can do it.</summary>
    public IOperatorClient Operator => (IOperatorClient)Client;

    /// <summary>The node's address or the data directory, for messages.</summary>
    public string Where { get; }

    /// <summary>A node answers: others may change the store while the command runs.</summary>
    public bool IsShared => _store is null;

    /// <summary>Tells a second process where this one listens.</summary>
    public void Announce(string address) => _store?.Announce(address);

    public static async ValueTask<StoreConnection> OpenAsync(
        CliSession session, bool mayCreate, CancellationToken cancellationToken)
    {
        if (session.Address.Server is { } server)
        {
            return ToNode(server);
        }

        var directory = session.Address.DataDirectory;
        if (!mayCreate && session.Configured.Tiers.Cluster is null
            && !File.Exists(Path.Combine(directory, MarkerName)))
        {
            throw CliException.NotFound(
                $"There is no store in {directory} yet: 'cimstore put' or 'cimstore serve' makes one; "
                    + "--data or $CIMSTORE_DATA names another directory.");
        }

        return await OpenOrAskOwnerAsync(session, directory, cancellationToken);
    }

    /// <summary>The data directory in this process, or the reason why not; never a node.</summary>
    public static ValueTask<StoreConnection> OpenDirectoryAsync(
        CliSession session, string directory, CancellationToken cancellationToken)
    {
        // Reads count where a policy asks for them.
        var reads = session.Configured.Tiers.Locations.Length > 1 ? session.Configured.Server.ReadEventsMax : 0;
        return OpenDirectoryAsync(
            session, directory, new StorageNodeOptions { ReadEventsMax = reads }, NullLogger.Instance,
            cancellationToken);
    }

    /// <param name="session">Whose clock and options it is opened with.</param>
    /// <param name="directory">The data directory.</param>
    /// <param name="nodeOptions">The engine's.</param>
    /// <param name="log">Gets what the engine decides.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async ValueTask<StoreConnection> OpenDirectoryAsync(
        CliSession session, string directory, StorageNodeOptions nodeOptions, ILogger log,
        CancellationToken cancellationToken)
    {
        var options = new DiskStoreOptions { DataDirectory = directory, ForceUnsafe = session.ForcesUnsafe };
        var configured = session.Configured;
        if (configured.Tiers.WhyNot(directory) is { } clash)
        {
            throw CliException.Usage(clash);
        }

        if (!session.IsConfigured && NodeComposition.HasOtherLocations(directory))
        {
            throw CliException.Usage(
                $"The store in {directory} keeps content at other locations too: name the file that binds them with "
                + "--config FILE or $CIMSTORE_CONFIG.");
        }

        var composed = await NodeComposition.OpenAsync(
            options, configured.Tiers, configured.Warnings, nodeOptions, session.Time, log, cancellationToken);
        return new StoreConnection(directory, composed);
    }

    /// <summary>What moves and copies by itself; only of a directory that this process has open.</summary>
    public Scavenger Scavenger() => _node is null
        ? throw new CliException(
            ExitCode.Refused, $"The node at {Where} does this by itself; the command is for a directory without one.")
        : _node.Scavenger ?? throw CliException.Usage(
            "This store has one location, so nothing moves: bind others in a file and name it with --config.");

    /// <summary>What proves copies again by itself; only of a directory that this process has open.</summary>
    public Scrubber Scrubber() => _node is null
        ? throw new CliException(
            ExitCode.Refused,
            $"The node at {Where} proves what is due by itself; --all or CIDs have it prove more, as a job.")
        : _node.Scrubber ?? throw CliException.Usage(
            "This store has one location, which 'cimstore check' proves: bind others in a file and name it with "
            + "--config.");

    /// <summary>What runs jobs; only of a directory that this process has open.</summary>
    public JobRunner Jobs() => _node is null
        ? throw new CliException(ExitCode.Refused, $"The node at {Where} runs its jobs by itself.")
        : _node.Jobs ?? throw CliException.Usage(
            "This store has one location, so it has no jobs: bind others in a file and name it with --config.");

    /// <summary>An erasure-coded pool by its name; only of a directory that this process has open.</summary>
    public PoolLocation Pool(string name) => _node is null
        ? throw new CliException(
            ExitCode.Refused, $"The node at {Where} has the pool open: stop it first, or let it heal by itself.")
        : _pools.FirstOrDefault(pool => pool.Id.Name == name)
            ?? throw CliException.Usage(
                $"There is no pool or directory '{name}' here; there are: "
                    + $"{string.Join(", ", _pools.Select(pool => pool.Id))}.");

    /// <summary>The catalog made again from a location; only of a directory that this process has open.</summary>
    public IAsyncEnumerable<RebuildFinding> RebuildAsync(
        RebuildRequest request, CancellationToken cancellationToken) => _node is null
        ? throw new CliException(
            ExitCode.Refused, $"The node at {Where} has its catalog; stop it to make one again from a location.")
        : _node.RebuildAsync(request, cancellationToken);

    /// <summary>Releases what is over its grace, and gives back the space of what was released.</summary>
    public ValueTask<CollectResult> CollectAsync(CancellationToken cancellationToken) => _node is null
        ? throw new CliException(
            ExitCode.Refused, $"The node at {Where} gives back space by itself; gc is for a directory no node serves.")
        : _node.CollectAsync(cancellationToken);

    /// <summary>
    /// Events that no rule could translate, of the node, or of the directory with the rules of the configuration.
    /// </summary>
    /// <exception cref="RefusedException">The rules have errors.</exception>
    public IDeadLetters DeadLetters(CliSession session) => _letters ??= _address is not null
        ? new HttpDeadLetters(_address)
        : new ForeignIngress(
            Client, TranslationFile.Load(session.Configured.Server.Translation)?.Rules,
            new DeadLetterFiles(Path.Combine(Where, DeadLetterFiles.Folder)), session.Configured.Server.Limits,
            session.Time, new IdSource(session.Time), NullLogger.Instance);

    public long BytesWritten()
    {
        var written = _store?.BytesWritten ?? new BytesWritten(0, 0, 0, 0);
        return written.Log + written.LargeContent + written.Index + written.PreWriting;
    }

    public async ValueTask DisposeAsync()
    {
        (_letters as IDisposable)?.Dispose();
        await TellReadsAsync();
        await Client.DisposeAsync();
    }

    /// <summary>A node does it now and then. A command has no other time: what it read counts for where things go.
    /// </summary>
    private async ValueTask TellReadsAsync()
    {
        try
        {
            await (_node?.TellReadsAsync(CancellationToken.None) ?? ValueTask.FromResult(0));
        }
        catch (LocationException)
        {
            // Reading goes on where nothing can be written.
        }
    }

    /// <summary>
    /// A directory that a node serves is worked on through that node, as the user meant; one that another short command
    /// has is waited for.
    /// </summary>
    private static async ValueTask<StoreConnection> OpenOrAskOwnerAsync(
        CliSession session, string directory, CancellationToken cancellationToken)
    {
        var started = session.Time.GetTimestamp();
        while (true)
        {
            try
            {
                return await OpenDirectoryAsync(session, directory, cancellationToken);
            }
            catch (LocationException exception) when (DirectoryOwner.IsInUse(exception))
            {
                var owner = DirectoryOwner.Read(directory);
                if (owner.Address is { } address)
                {
                    session.SayMore($"{directory} is served by pid {owner.ProcessId}: asking {address}");
                    return ToNode(address);
                }

                if (session.Time.GetElapsedTime(started) >= BusyWaitMax)
                {
                    throw owner.InUse(directory, exception);
                }

                await Task.Delay(BusyPollInterval, session.Time, cancellationToken);
            }
        }
    }

    private static StoreConnection ToNode(Uri server)
    {
        var options = new CimStoreHttpOptions { Address = server };
        if (Environment.GetEnvironmentVariable(StoreAddress.TokenVariable) is { Length: > 0 })
        {
            options.Token = Secret.FromReference("env:" + StoreAddress.TokenVariable);
        }

        return new StoreConnection(server.ToString().TrimEnd('/'), options);
    }
}
