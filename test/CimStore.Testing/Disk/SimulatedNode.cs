namespace CimStore.Testing.Disk;

/// <summary>
/// One file or directory of the simulated disk: what a program sees (the page cache), what is on the platter, and the
/// changes between the two that no sync has covered.
/// </summary>
internal sealed class SimulatedNode(bool isDirectory)
{
    private const int SectorBytes = 512;

    private readonly List<Change> _pending = [];
    private byte[] _seen = [];
    private byte[] _durable = [];

    public bool IsDirectory => isDirectory;

    public int Length => _seen.Length;

    public SimulatedFile? LockedBy { get; set; }

    public int Read(Span<byte> destination, long offset)
    {
        if (offset >= _seen.Length)
        {
            return 0;
        }

        var available = _seen.AsSpan((int)offset);
        var count = Math.Min(available.Length, destination.Length);
        available[..count].CopyTo(destination);
        return count;
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        var change = new Change(Math.Max(_seen.Length, (int)offset + bytes.Length), (int)offset, bytes.ToArray());
        _pending.Add(change);
        _seen = change.ApplyTo(_seen);
    }

    public void Resize(long length)
    {
        var change = new Change((int)length, 0, []);
        _pending.Add(change);
        _seen = change.ApplyTo(_seen);
    }

    public void Sync()
    {
        foreach (var change in _pending)
        {
            _durable = change.ApplyTo(_durable);
        }

        _pending.Clear();
    }

    /// <summary>
    /// A failed sync as Linux has it: some of the bytes reached the platter, and all pages count as clean, so that no
    /// later sync writes them. A program still reads what it wrote, until the cache is gone.
    /// </summary>
    public void FailSync(Random random)
    {
        _durable = Survivor(random);
        _pending.Clear();
    }

    /// <summary>Damages the medium and what a program reads of it.</summary>
    public void FlipBit(long offset, int bit)
    {
        _seen[offset] ^= (byte)(1 << bit);
        if (offset < _durable.Length)
        {
            _durable[offset] ^= (byte)(1 << bit);
        }
    }

    public SimulatedNode AfterPowerCut(Random random)
    {
        var bytes = Survivor(random);
        return new SimulatedNode(isDirectory) { _durable = bytes, _seen = [.. bytes] };
    }

    /// <summary>
    /// What may be on the platter: nothing, all, a torn prefix, or any mixture of sectors of what is pending.
    /// </summary>
    private byte[] Survivor(Random random)
    {
        var bytes = (byte[])[.. _durable];
        var mode = random.Next(4);
        var kept = mode switch
        {
            0 => 0,
            2 => random.Next(_pending.Count + 1),
            _ => _pending.Count,
        };
        for (var index = 0; index < kept; index++)
        {
            var change = mode == 3 ? _pending[index].Torn(random, bytes.Length) : _pending[index];
            bytes = change.ApplyTo(bytes);
        }

        if (mode == 2 && kept < _pending.Count)
        {
            bytes = _pending[kept].Prefix(random, bytes.Length).ApplyTo(bytes);
        }

        return bytes;
    }

    /// <summary>New length, and bytes at an offset (none for a mere change of length).</summary>
    private sealed record Change(int Length, int Offset, byte[] Bytes, bool[]? Sectors = null)
    {
        public byte[] ApplyTo(byte[] content)
        {
            if (content.Length != Length)
            {
                Array.Resize(ref content, Length);
            }

            for (var at = 0; at < Bytes.Length; at += SectorBytes - ((Offset + at) % SectorBytes))
            {
                var count = Math.Min(SectorBytes - ((Offset + at) % SectorBytes), Bytes.Length - at);
                if (Sectors is null || Sectors[((Offset + at) / SectorBytes) - (Offset / SectorBytes)])
                {
                    Bytes.AsSpan(at, count).CopyTo(content.AsSpan(Offset + at));
                }
            }

            return content;
        }

        /// <summary>Each sector reached the platter or did not; so did the length.</summary>
        public Change Torn(Random random, int lengthBefore)
        {
            var sectors = new bool[SectorCount];
            for (var index = 0; index < sectors.Length; index++)
            {
                sectors[index] = random.Next(2) == 0;
            }

            return Keep(sectors, random, lengthBefore);
        }

        public Change Prefix(Random random, int lengthBefore)
        {
            var sectors = new bool[SectorCount];
            sectors.AsSpan(0, random.Next(sectors.Length + 1)).Fill(true);
            return Keep(sectors, random, lengthBefore);
        }

        private int SectorCount =>
            Bytes.Length == 0 ? 0 : ((Offset + Bytes.Length - 1) / SectorBytes) - (Offset / SectorBytes) + 1;

        private Change Keep(bool[] sectors, Random random, int lengthBefore)
        {
            var length = random.Next(2) == 0 ? Length : lengthBefore;
            var fitting = Math.Clamp(length - Offset, 0, Bytes.Length);
            return this with { Length = length, Bytes = Bytes[..fitting], Sectors = sectors };
        }
    }
}
