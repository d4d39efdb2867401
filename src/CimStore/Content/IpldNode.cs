#pragma warning disable CA1716, CA1720 // The names are those of the IPLD data model.
using System.Collections.Immutable;
using System.Globalization;

namespace CimStore.Content;

/// <summary>A value of the IPLD data model: what every codec can say. Immutable, compared by value.</summary>
public abstract record IpldNode
{
    /// <summary>
    /// Deepest nesting that is read or written. Deeper input is refused rather than followed to the end of the stack.
    /// </summary>
    public const int DepthMax = 256;

    private IpldNode()
    {
    }

    public abstract IpldKind Kind { get; }

    /// <summary>Every link in the value, in order, with repetitions: what a walk of the graph follows.</summary>
    public IEnumerable<Cid> Links() => this switch
    {
        Link link => [link.Cid],
        List list => list.Items.SelectMany(item => item.Links()),
        Map map => map.Entries.SelectMany(entry => entry.Value.Links()),
        _ => [],
    };

    public sealed record Null : IpldNode
    {
        public static readonly Null Instance = new();

        public override IpldKind Kind => IpldKind.Null;
    }

    public sealed record Bool(bool Value) : IpldNode
    {
        public override IpldKind Kind => IpldKind.Bool;
    }

    /// <summary>-2^64 .. 2^64-1: what dag-cbor can say.</summary>
    public sealed record Integer : IpldNode
    {
        public static readonly Int128 ValueMax = ulong.MaxValue;
        public static readonly Int128 ValueMin = -1 - ValueMax;

        public Integer(Int128 value)
        {
            if (value < ValueMin || value > ValueMax)
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "An integer has a sign and 64 bits.");
            }

            Value = value;
        }

        public Int128 Value { get; }

        public override IpldKind Kind => IpldKind.Integer;
    }

    /// <summary>A finite number; equal when the bits are, so that -0.0 is not 0.0.</summary>
    public sealed record Float : IpldNode
    {
        public Float(double value)
        {
            if (!double.IsFinite(value))
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "The data model has no NaN or infinity.");
            }

            Value = value;
        }

        public double Value { get; }

        public override IpldKind Kind => IpldKind.Float;

        public bool Equals(Float? other) => other is not null && Bits(Value) == Bits(other.Value);

        public override int GetHashCode() => Value.GetHashCode();

        private static long Bits(double value) => BitConverter.DoubleToInt64Bits(value);
    }

    public sealed record String(string Value) : IpldNode
    {
        public override IpldKind Kind => IpldKind.String;
    }

    public sealed record Bytes(ReadOnlyMemory<byte> Value) : IpldNode
    {
        public override IpldKind Kind => IpldKind.Bytes;

        public bool Equals(Bytes? other) => other is not null && Value.Span.SequenceEqual(other.Value.Span);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.AddBytes(Value.Span);
            return hash.ToHashCode();
        }

        public override string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"Bytes {{ {Value.Length} bytes }}");
    }

    public sealed record List(ImmutableArray<IpldNode> Items) : IpldNode
    {
        public static readonly List Empty = new([]);

        public override IpldKind Kind => IpldKind.List;

        public bool Equals(List? other) => other is not null && Items.AsSpan().SequenceEqual(other.Items.AsSpan());

        public override int GetHashCode() =>
            Items.Aggregate(Items.Length, (hash, item) => HashCode.Combine(hash, item));
    }

    /// <summary>Keys are unique and held in the order of dag-cbor, shorter first.</summary>
    public sealed record Map : IpldNode
    {
        public static readonly Map Empty = new([], isSorted: true);

        /// <exception cref="ArgumentException">A key occurs twice.</exception>
        public Map(IEnumerable<KeyValuePair<string, IpldNode>> entries)
            : this(Sort(entries), isSorted: true)
        {
        }

        internal Map(ImmutableArray<KeyValuePair<string, IpldNode>> entries, bool isSorted)
        {
            System.Diagnostics.Debug.Assert(isSorted, "The caller has read the keys in order.");
            Entries = entries;
        }

        public ImmutableArray<KeyValuePair<string, IpldNode>> Entries { get; }

        public override IpldKind Kind => IpldKind.Map;

        /// <summary>The value of the key, or null when the map does not have it.</summary>
        public IpldNode? this[string key]
        {
            get
            {
                var (low, high) = (0, Entries.Length - 1);
                while (low <= high)
                {
                    var middle = (low + high) / 2;
                    var order = IpldKeyOrder.ShorterFirst.Compare(Entries[middle].Key, key);
                    if (order == 0)
                    {
                        return Entries[middle].Value;
                    }

                    (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
                }

                return null;
            }
        }

        public bool Equals(Map? other) =>
            other is not null && Entries.AsSpan().SequenceEqual(other.Entries.AsSpan());

        public override int GetHashCode() =>
            Entries.Aggregate(Entries.Length, (hash, entry) => HashCode.Combine(hash, entry.Key, entry.Value));

        private static ImmutableArray<KeyValuePair<string, IpldNode>> Sort(
            IEnumerable<KeyValuePair<string, IpldNode>> entries)
        {
            var sorted = entries.OrderBy(entry => entry.Key, IpldKeyOrder.ShorterFirst).ToImmutableArray();
            for (var index = 1; index < sorted.Length; index++)
            {
                if (sorted[index].Key == sorted[index - 1].Key)
                {
                    throw new ArgumentException($"The key \"{sorted[index].Key}\" occurs twice.", nameof(entries));
                }
            }

            return sorted;
        }
    }

    public sealed record Link(Cid Cid) : IpldNode
    {
        public override IpldKind Kind => IpldKind.Link;
    }
}
