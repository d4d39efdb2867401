using System.Globalization;
using CimStore.Locations;

namespace CimStore.Nats.Locations;

/// <summary>
/// The numbers of an object's chunks in their stream, as runs: other writers' messages lie between. Of a very long list
/// only every n-th number is kept; the chunks between are the next ones of their subject.
/// </summary>
internal sealed class SequenceRuns
{
    private readonly List<(ulong First, int Count)> _runs;
    private readonly int[] _starts;

    private SequenceRuns(List<(ulong First, int Count)> runs, int stride)
    {
        (_runs, Stride) = (runs, stride);
        _starts = new int[runs.Count];
        for (var run = 1; run < runs.Count; run++)
        {
            _starts[run] = _starts[run - 1] + runs[run - 1].Count;
        }
    }

    /// <summary>Each so-manieth chunk is listed.</summary>
    public int Stride { get; }

    private int Listed => _runs.Count == 0 ? 0 : _starts[^1] + _runs[^1].Count;

    /// <param name="sequences">Of every chunk, ascending.</param>
    /// <param name="runsMax">So many have room in the message that lists them.</param>
    public static SequenceRuns Of(IReadOnlyList<ulong> sequences, int runsMax)
    {
        for (var stride = 1; ; stride *= 2)
        {
            var runs = new List<(ulong First, int Count)>();
            for (var chunk = 0; chunk < sequences.Count; chunk += stride)
            {
                var number = sequences[chunk];
                if (stride == 1 && runs.Count > 0 && runs[^1].First + (ulong)runs[^1].Count == number)
                {
                    runs[^1] = (runs[^1].First, runs[^1].Count + 1);
                }
                else
                {
                    runs.Add((number, 1));
                }
            }

            if (runs.Count <= runsMax)
            {
                return new SequenceRuns(runs, stride);
            }
        }
    }

    /// <exception cref="IntegrityException">It is no list of so many chunks.</exception>
    public static SequenceRuns Parse(string? text, int chunks)
    {
        var parts = (text ?? "").Split('/');
        var stride = 1;
        var runs = new List<(ulong First, int Count)>();
        if (parts.Length <= 2 && (parts.Length == 1 || TryNumber(parts[1], out stride)) && stride > 0)
        {
            foreach (var run in parts[0].Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                var pair = run.Split('+');
                var count = 1;
                if (pair.Length > 2 || (pair.Length == 2 && !TryNumber(pair[1], out count))
                    || !ulong.TryParse(pair[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first))
                {
                    break;
                }

                runs.Add((first, count));
            }

            var parsed = new SequenceRuns(runs, stride);
            if (parsed.Listed == (chunks + stride - 1) / stride)
            {
                return parsed;
            }
        }

        throw new IntegrityException($"An object's list of its {chunks} chunks cannot be read.");
    }

    /// <summary>The listed chunk at or before this one, and its number.</summary>
    public (int Chunk, ulong Sequence) Find(int chunk)
    {
        var listed = chunk / Stride;
        var run = Array.BinarySearch(_starts, listed);
        run = run < 0 ? ~run - 1 : run;
        return (listed * Stride, _runs[run].First + (ulong)(listed - _starts[run]));
    }

    /// <summary>FIRST+COUNT or FIRST, by commas; behind a slash the stride where it is not 1.</summary>
    public override string ToString() =>
        string.Join(',', _runs.Select(static run => run.Count == 1
            ? run.First.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{run.First}+{run.Count}")))
        + (Stride == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"/{Stride}"));

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
