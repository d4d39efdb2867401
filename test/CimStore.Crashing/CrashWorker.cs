using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Objects;

namespace CimStore.Crashing;

/// <summary>
/// One client among several: stores, deletes and names its own contents, one request at a time, so that for each of
/// them the parent knows what was asked and what was promised.
/// </summary>
internal sealed class CrashWorker(StorageNode node, long seed, int worker)
{
    private const int NamesPerWorker = 5;
    private const int SmallBytesMax = 6000;
    private const int InlineBytesMax = 100 << 10;
    private const int StagedBytesMin = CrashStore.InlineSizeMaxBytes + 1;
    private const int StagedBytesMax = 3 << 20;
    private const int BatchItemsMax = 8;

    private static readonly DeleteRequest NoGrace = DeleteRequest.Default with { Grace = TimeSpan.Zero };

    private readonly Random _random = new(unchecked((int)((seed * 31) + worker)));
    private readonly List<Cid> _deletable = [];
    private readonly List<Cid> _named = [];
    private readonly List<Cid> _deleted = [];
    private long _number = (long)worker << 32;

    public async Task WorkAsync(int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            await (_random.Next(100) switch
            {
                < 45 => StoreAsync(SmallSize(), maybeNamed: true),
                < 60 => StoreAsync(_random.Next(InlineBytesMax + 1), maybeNamed: false),
                < 63 => StoreAsync(_random.Next(StagedBytesMin, StagedBytesMax), maybeNamed: false),
                < 72 => StoreManyAsync(),
                < 85 => DeleteAsync(),
                < 94 => SetNameAsync(),
                < 96 => DeleteNameAsync(),
                _ => CollectAsync(),
            });
        }
    }

    /// <summary>Contents without a number of their own are made by one worker only, and stay.</summary>
    private int SmallSize() => _random.Next(worker == 0 ? 0 : 16, SmallBytesMax);

    private async Task StoreAsync(int size, bool maybeNamed)
    {
        var content = CrashContent.Make(seed, _number++, Math.Max(size, worker == 0 ? 0 : 16));
        var cid = CrashContent.CidOf(content);
        CrashReport.Asks("store", cid.ToString(), content.Length);
        var pipe = PipeReader.Create(new ReadOnlySequence<byte>(content));
        var stored = await node.StoreAsync(pipe, StoreRequest.Default, CancellationToken.None);
        Require(stored.Cid == cid && stored.SizeBytes == content.Length, $"Stored {stored.Cid} instead of {cid}.");
        Remember(cid, content.Length, maybeNamed);
    }

    private async Task StoreManyAsync()
    {
        var contents = Enumerable.Range(0, _random.Next(2, BatchItemsMax))
            .Select(_ => CrashContent.Make(seed, _number++, _random.Next(16, SmallBytesMax)))
            .ToArray();
        foreach (var content in contents)
        {
            CrashReport.Asks("store", CrashContent.CidOf(content).ToString(), content.Length);
        }

        StoreItem[] items = [.. contents.Select(static one => new StoreItem(new ReadOnlySequence<byte>(one)))];
        var results = await node.StoreManyAsync(items, StoreRequest.Default, CancellationToken.None);
        foreach (var (content, result) in contents.Zip(results))
        {
            Require(result.Stored is not null, $"Refused: {result.Refused}");
            Remember(result.Stored!.Cid, content.Length, maybeNamed: true);
        }
    }

    private void Remember(Cid cid, int size, bool maybeNamed)
    {
        CrashReport.Holds("store", cid.ToString(), size);
        if (!CrashContent.IsUnique(size))
        {
            return;
        }

        // What is named is never deleted: a name is a reference, and would keep it.
        (maybeNamed && _random.Next(3) == 0 ? _named : _deletable).Add(cid);
    }

    private async Task DeleteAsync()
    {
        if (_deletable.Count == 0)
        {
            return;
        }

        var index = _random.Next(_deletable.Count);
        var cid = _deletable[index];
        _deletable.RemoveAt(index);
        CrashReport.Asks("delete", cid.ToString(), 0);
        var deleted = await node.DeleteAsync(cid, NoGrace, CancellationToken.None);
        Require(deleted.Found, $"{cid} was not found when it was deleted.");
        CrashReport.Holds("delete", cid.ToString(), 0);
        _deleted.Add(cid);
    }

    private async Task SetNameAsync()
    {
        if (_named.Count == 0)
        {
            return;
        }

        var (name, cid) = (Name(), _named[_random.Next(_named.Count)]);
        CrashReport.Asks("name", name, cid);
        await node.SetNameAsync(Request(name, cid), CancellationToken.None);
        CrashReport.Holds("name", name, cid);
    }

    private async Task DeleteNameAsync()
    {
        var name = Name();
        if (await node.FindNameAsync(NamespaceId.Default, name, CancellationToken.None) is not { Cid: not null })
        {
            return;
        }

        CrashReport.Asks("name", name, "-");
        await node.DeleteNameAsync(Request(name, null), CancellationToken.None);
        CrashReport.Holds("name", name, "-");
    }

    /// <summary>
    /// When it is over, what this client deleted before is given up, whichever client's collection came to it.
    /// </summary>
    private async Task CollectAsync()
    {
        await node.CollectAsync(CancellationToken.None);
        foreach (var cid in _deleted)
        {
            CrashReport.Holds("release", cid.ToString(), 0);
        }

        _deleted.Clear();
    }

    private string Name() =>
        string.Create(CultureInfo.InvariantCulture, $"name-{worker}-{_random.Next(NamesPerWorker)}");

    private static NameSetRequest Request(string name, Cid? cid) =>
        new(OwnerId.Local, NamespaceId.Default, name, cid, null, false, CommandIdentity.None);

    private static void Require(bool isTrue, string otherwise)
    {
        if (!isTrue)
        {
            throw new InvalidOperationException(otherwise);
        }
    }
}
