using CimStore.Disk.Files;

namespace CimStore.Testing.Disk;

/// <summary>
/// A disk in memory that forgets like a real one. Bytes and names are kept apart from what a completed sync has
/// covered;
/// <see cref="PowerCut"/> gives the disk that a machine might find after the power came back: everything not covered is
/// there, gone, torn by sectors, or there without what was written before it.
/// </summary>
internal sealed class SimulatedDisk : IDisk
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SimulatedNode> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SimulatedNode> _durable = new(StringComparer.Ordinal);
    private readonly List<(string Path, SimulatedNode? Node)> _pending = [];

    public SimulatedDisk() => _seen["/"] = _durable["/"] = new SimulatedNode(isDirectory: true);

    private SimulatedDisk(SimulatedDisk before) => Lies = before.Lies;

    /// <summary>Syncs at these places return at once and do nothing: what the code would be without them.</summary>
    public HashSet<SyncPoint> Lies { get; private init; } = [];

    /// <summary>Syncs that were asked for, by place.</summary>
    public Dictionary<SyncPoint, int> Syncs { get; } = [];

    /// <summary>How many operations have changed something or synced.</summary>
    public int Operations { get; private set; }

    /// <summary>The power goes during the operation with this index.</summary>
    public int PowerFailsAt { get; set; } = int.MaxValue;

    /// <summary>The process dies when it next asks for this sync; the machine and its page cache live on.</summary>
    public SyncPoint? DiesAt { get; set; }

    public bool IsOff { get; private set; }

    public IDiskFile Create(string path)
    {
        var node = new SimulatedNode(isDirectory: false);
        Change(() => RequireAbsent(path), () => SetName(path, node), evenIfLast: true);
        return new SimulatedFile(this, node, path, DiskAccess.ReadWrite);
    }

    public IDiskFile Open(string path, DiskAccess access) =>
        Observe(static () => { }, () => new SimulatedFile(this, Require(path, DiskOperation.Open), path, access));

    public bool Exists(string path) => Observe(static () => { }, () => _seen.ContainsKey(path));

    public void CreateDirectory(string path)
    {
        if (!Exists(path))
        {
            Change(
                () => RequireParent(path, DiskOperation.CreateDirectory),
                () => SetName(path, new SimulatedNode(isDirectory: true)),
                evenIfLast: true);
        }
    }

    public void Rename(string from, string to) => Change(
        () => Require(from, DiskOperation.Rename),
        () =>
        {
            SetName(to, _seen[from]);
            SetName(from, null);
        },
        evenIfLast: true);

    public void Unlink(string path) => Change(
        () => Require(path, DiskOperation.Unlink), () => SetName(path, null), evenIfLast: true);

    public void SyncDirectory(string path, SyncPoint point) => Sync(
        point,
        () => Require(path, DiskOperation.SyncDirectory),
        () =>
        {
            foreach (var (changed, node) in _pending.Where(change => ParentOf(change.Path) == path))
            {
                Apply(_durable, changed, node);
            }

            _pending.RemoveAll(change => ParentOf(change.Path) == path);
        });

    public IReadOnlyList<string> List(string directory) => Observe(
        () => Require(directory, DiskOperation.List),
        () => (IReadOnlyList<string>)[.. _seen.Keys
            .Where(path => path != "/" && ParentOf(path) == directory)
            .Select(path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal)]);

    public DiskSpace Space(string path) => new(0xEF53, 1L << 40, 1L << 39, 1 << 20, 1 << 19);

    /// <summary>
    /// What is found when the power is back. This disk is left as it is, for other fates of the same moment.
    /// </summary>
    public SimulatedDisk PowerCut(int seed)
    {
        lock (_gate)
        {
            var random = new Random(seed);
            var after = new SimulatedDisk(this);
            var nodes = new Dictionary<SimulatedNode, SimulatedNode>();
            var names = SurvivingNames(random).OrderBy(static name => name.Key, StringComparer.Ordinal);
            foreach (var (path, node) in names)
            {
                // A name in a directory that was lost is lost with it.
                if (path == "/" || after._seen.ContainsKey(ParentOf(path)))
                {
                    if (!nodes.TryGetValue(node, out var survivor))
                    {
                        nodes[node] = survivor = node.AfterPowerCut(random);
                    }

                    after._seen[path] = after._durable[path] = survivor;
                }
            }

            return after;
        }
    }

    /// <summary>After the process died: all that was written is there, synced or not, for the next process.</summary>
    public void Restart() => (IsOff, DiesAt) = (false, null);

    public void FlipBit(string path, long offset, int bit) => Require(path, DiskOperation.Open).FlipBit(offset, bit);

    internal T Observe<T>(Action check, Func<T> read)
    {
        lock (_gate)
        {
            RequirePower();
            check();
            return read();
        }
    }

    internal void Change(Action check, Action change, bool evenIfLast)
    {
        lock (_gate)
        {
            RequirePower();
            check();
            var last = Operations++ >= PowerFailsAt;
            if (!last || evenIfLast)
            {
                change();
            }

            if (last)
            {
                IsOff = true;
                throw new PowerLostException();
            }
        }
    }

    internal void Sync(SyncPoint point, Action check, Action sync)
    {
        if (DiesAt == point)
        {
            IsOff = true;
        }

        // A sync the power interrupts has written what it happened to write: the pending changes say it all.
        Change(check, () => Complete(point, sync), evenIfLast: false);
    }

    private static string ParentOf(string path) => Path.GetDirectoryName(path) ?? "";

    private static void Apply(Dictionary<string, SimulatedNode> names, string path, SimulatedNode? node)
    {
        if (node is null)
        {
            names.Remove(path);
        }
        else
        {
            names[path] = node;
        }
    }

    private void Complete(SyncPoint point, Action sync)
    {
        Syncs[point] = Syncs.GetValueOrDefault(point) + 1;
        if (!Lies.Contains(point))
        {
            sync();
        }
    }

    /// <summary>
    /// Each name changed since its directory's sync is, independently of others, at any of its values since.
    /// </summary>
    private Dictionary<string, SimulatedNode> SurvivingNames(Random random)
    {
        var names = new Dictionary<string, SimulatedNode>(_durable, StringComparer.Ordinal);
        var keepAll = random.Next(3) == 0;
        foreach (var changes in _pending.GroupBy(static change => change.Path))
        {
            var values = changes.ToArray();
            var chosen = keepAll ? values.Length : random.Next(values.Length + 1);
            if (chosen > 0)
            {
                Apply(names, changes.Key, values[chosen - 1].Node);
            }
        }

        return names;
    }

    private void SetName(string path, SimulatedNode? node)
    {
        Apply(_seen, path, node);
        _pending.Add((path, node));
    }

    private SimulatedNode Require(string path, DiskOperation operation) =>
        _seen.TryGetValue(path, out var node) ? node : throw new DiskException(Errno.NoEntry, operation, path);

    private void RequireParent(string path, DiskOperation operation) => Require(ParentOf(path), operation);

    private void RequireAbsent(string path)
    {
        RequireParent(path, DiskOperation.Create);
        if (_seen.ContainsKey(path))
        {
            throw new DiskException(Errno.Exists, DiskOperation.Create, path);
        }
    }

    private void RequirePower()
    {
        if (IsOff)
        {
            throw new PowerLostException();
        }
    }
}
